"""Joins the stages of an issue, and commits between them.

    due | pick | compose | render | approve (freeze) | audience | personalize | deliver | finish

Comes in: what editors, schedules and workers ask for. Goes out: rows, and mail to the provider.
`IssueService` acts on an issue, `Sending` sends an approved one to its recipients, and
`TransactionalMailer` sends single messages. None of them knows the command line or the web.
"""
