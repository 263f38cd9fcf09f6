"""The guard: what stands between a listener and the app, and asks `core/policy`.

doorkeeper  the guard of one door of ours
guard       the guard for any server, `homeport.Guard`
headers     request headers → a `Visit`, and what the app is not to see
denials     how a refusal is sent
passes      what the guard asks about devices and their passes
"""
