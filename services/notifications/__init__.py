"""Notifications: who is told what, when, and the proof of it.

It listens to the other services, plans one notice for each person concerned, sends it by e-mail and records when it
was served, which starts the clocks of others. It decides nothing about cases, accounts or rights, and it keeps neither
names nor addresses: they are asked of their owners at the moment of sending.
"""
