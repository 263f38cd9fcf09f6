"""An agent for launchd: launchd.plist(5), in the XML form of property lists."""

from homeport.core.exports.launch import Launch


def plist(launch: Launch, home: str) -> str:
    """`homeport.NAME.plist`, for the user whose home folder is `home`."""
    label = f"homeport.{launch.name}"
    log = f"{home.rstrip('/')}/Library/Logs/{label}.log"
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN"'
        ' "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
        f"<!-- ~/Library/LaunchAgents/{label}.plist, then:"
        f" launchctl bootstrap gui/$UID ~/Library/LaunchAgents/{label}.plist -->",
        '<plist version="1.0">',
        "<dict>",
        *_pair("Label", _string(label)),
        "  <key>ProgramArguments</key>",
        "  <array>",
        *(f"    {_string(word)}" for word in launch.command),
        "  </array>",
        *_pair("WorkingDirectory", _string(launch.folder)),
        *_pair("RunAtLoad", "<true/>"),
        "  <key>KeepAlive</key>",
        "  <dict>",
        "    <key>SuccessfulExit</key>",
        "    <false/>",
        "  </dict>",
        *_pair("ExitTimeOut", f"<integer>{round(2 * launch.stop_timeout + 5)}</integer>"),
        *_pair("ProcessType", _string("Interactive")),
        *_pair("StandardOutPath", _string(log)),
        *_pair("StandardErrorPath", _string(log)),
        "</dict>",
        "</plist>",
    ]
    return "\n".join(lines) + "\n"


def _pair(key: str, value: str) -> tuple[str, str]:
    return f"  <key>{key}</key>", f"  {value}"


def _string(text: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    return f"<string>{text}</string>"
