"""Drawings of this machine's own values: one model, rendered as text, SVG and Mermaid."""
