"""The guard: what stands between a listener and the app, and asks `core/policy`.

doorkeeper  the guard of one door of ours
guard       the guard for any server, `homeport.Guard`
headers     request headers → a `Visit`, and what the app is not to see
denials     how a refusal is sent
passes      what the guard asks about devices and their passes
pairing     how a device gets a pass: its paths, and in pages what they look like
trust_page  how a device learns to trust our certificates
mirrored_passes, visits   what a worker knows of passes, and tells of visitors
"""
