"""The errors that this project raises, drawn as one tree.

    DigestError                       any error that this project raises on purpose
    ├── AddressTakenError             somebody has an address of an import, unexpectedly
    ├── AmbiguousPageError            a page does not say who speaks of which tool
    ├── ConnectionLostError           an SMTP connection ended or is of no more use
    │   ├── GarbledReplyError         an SMTP server sent something that is no reply
    │   ├── ReplyTimeoutError         an SMTP server sent no reply in time
    │   ├── ServiceClosingError       an SMTP server closed the connection with a 421
    │   └── UnexpectedReplyError      an SMTP reply answers no command that was sent
    ├── DnsUnavailableError           DNS did not answer
    ├── EventsNotStoredError          a webhook's events could not be stored now
    ├── HitNotStoredError             a click or open could not be stored
    ├── InvalidLinkError              a link's token is not ours, or what it named is gone
    ├── JsonTextError                 text is no strict JSON
    ├── LineTooLongError              a line of an import is too long to be held
    ├── ProofOfWorkError              a proof of work is missing or wrong
    ├── QueueFullError                too many items wait for a group commit
    ├── RowRefusedError               a row of an import is refused
    ├── SignatureError                a webhook body is not the provider's, or stale
    ├── TokenError                    a token was not made by us for this purpose
    ├── TooManySignupsError           a sign-up limit is reached
    ├── UnknownCharsetError           a page names an encoding that no browser knows
    ├── UnknownReaderError            a link's reader is erased, or it is a preview's link
    ├── UserError                     the operator can act on it: the text says how
    │   ├── AccessTokenError          no access token for a mailbox can be had
    │   ├── AddressError              a mail address is not accepted
    │   │   └── MisspeltDomainError   the domain looks like a slip of a well-known one
    │   ├── CatalogueError            a catalogue of translations can't be read
    │   ├── CommandError              a command ends with this line
    │   ├── CorrectionError           a page can't be corrected like that
    │   ├── DecisionError             an editor can't decide that about a subscriber
    │   ├── DkimKeyError              a DKIM key can't be used
    │   ├── EditorAddressError        an editor's address can't be added or removed
    │   ├── FetchError                what a source names can't be read
    │   ├── FileError                 a file can't be read or is too large
    │   ├── ImportRefusedError        a subscriber file can't be imported at all
    │   ├── IssueError                an issue can't do this in its state
    │   │   ├── EditError             an edit, undo or redo can't be made
    │   │   │   └── EditConflictError   somebody changed the same field since
    │   │   ├── NoSuchIssueError      no issue has that number
    │   │   ├── NothingNewError       there is nothing new to pick
    │   │   └── SendingHeldError      nothing may be sent from this database
    │   ├── JournalError              a journal of a send can be neither written nor removed
    │   ├── MailboxError              the bounce mailbox can't be read
    │   ├── NoSuchImportError         a command names an import that there is none of
    │   ├── PageError                 a page is no comparison
    │   ├── ProviderError             no mail can be submitted to the provider now
    │   │   ├── ProviderBusyError       the provider asks to wait
    │   │   ├── RefusedForAllError      the provider refuses what all messages have in common
    │   │   │   └── CredentialsRefusedError  it does not take user and password, or the key
    │   │   │       └── TokenRefusedError    an SMTP server does not take the access token
    │   │   └── SubmissionStoppedError  the submission was told to stop
    │   ├── RefusedTestError          a provider did not take a test message
    │   ├── ScheduleError             a schedule or its rule is wrong
    │   ├── SentryError               faults can't be reported to the service that is set
    │   ├── ServiceError              there can be no unit of systemd for this program
    │   ├── SettingsError             a setting is missing or wrong
    │   ├── SourceError               a source is unknown, or was given something wrong
    │   ├── StoreError                the database can't be opened, or is of another version
    │   │   ├── BackupKeyError          a recipient or an identity of backups can't be used
    │   │   ├── CopyError               a database can't be copied into another, or into a file
    │   │   └── UpgradeRefusedError     a database can't be upgraded now
    │   ├── SuppressionRemovalError   a suppression can't be removed
    │   ├── TemplateError             a template has a mistake
    │   ├── UnclearColumnError        a column of an import can be read in two ways
    │   ├── UndoError                 an import can't be undone
    │   └── UnknownSecretError        the secret key is not the one that the store was made with
    ├── VoidLinkError                 a link was revoked
    └── WebhookPayloadError           a webhook body could not be read

`tests/unit/test_errors.py` holds the drawing against the classes.
"""

from store.errors import DigestError, UserError

__all__ = ["DigestError", "UserError"]
