"""Lists what columns are called, in any tool's words, in English, German, French and Spanish.

As `columns.normalize_column` makes names: small letters and figures, no accents.
"""


class ColumnRole:
    """What a column says about a person; plain texts, since every cell of a file asks for one."""

    EMAIL = "email"
    NAME = "name"
    STATUS = "status"
    SUBSCRIBED = "subscribed"
    """Whether they may be mailed: yes or no, a status, or the day on which they signed up."""
    LEFT = "unsubscribed"
    """Whether or when they left, or must not be mailed for another reason."""
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    LEFT_WHY = "unsubscribe-reason"
    """Any text in it says that they left."""
    BOUNCED_WHY = "bounce-reason"
    """Any text in it, but for a no, says that they bounced."""
    SIGNED_UP_AT = "signed-up-at"
    SIGNED_UP_IP = "signed-up-ip"
    SOURCE = "source"
    CONFIRMED_AT = "confirmed-at"
    CONFIRMED_IP = "confirmed-ip"
    TRACKING = "tracking"
    CREATED_AT = "created at"
    CHANGED_AT = "changed at"
    CONSENTS = "consents"
    SUPPRESSION = "suppression"
    SUPPRESSED_AT = "suppressed at"
    NOTE = "suppression note"
    HASH = "address hash"
    FREQUENCY = "frequency"
    ZONE = "time zone"
    PAUSED = "paused until"
    CATEGORIES = "categories"
    KNOWN_EXPORTS = "tools"
    LIFTS = "lifts"
    PUBLIC_ID = "public id"
    FORMER_IDS = "former ids"
    FINGERPRINTS = "secret"
    """The fingerprints of the secrets that the links and hashes of the export were made with."""


_NAMES = {
    ColumnRole.EMAIL: """
        email emailaddress mail mailaddress emailadresse mailadresse adresseemail
        adressemail adresseelectronique adressemel courriel correo correoelectronico
        direccionemail direcciondeemail direcciondecorreo direcciondecorreoelectronico
        subscriberemail contactemail primaryemail email1 emailaddress1 useremail memberemail
        subscriber
    """,
    ColumnRole.NAME: """
        firstname fname givenname forename vorname prenom nombre nombredepila first name
        fullname vollername nomcomplet nombrecompleto contactname subscribername
    """,
    ColumnRole.STATUS: """
        status emailstatus subscriptionstatus subscriberstatus subscribestatus memberstatus
        contactstatus listmembershipstatus mailstatus mailingstatus newsletterstatus
        optinstatus emailsubscriptionstatus emailmarketingstatus marketingstatus
        emailmarketingconsent marketingconsent emailconsent emailpermissionstatus
        emailpermission permissionstatus permissiontosend consentstatus emailconsentstatus
        emailoptinstatus globalstatus liststatus statut statutemail statutabonne
        statutabonnement estadodesuscripcion estadodelsuscriptor anmeldestatus abostatus
        abonnementstatus emailstate subscriberstate subscriptionstate
    """,
    ColumnRole.SUBSCRIBED: """
        subscribed issubscribed subscribedtoemails subscribedtonewsletter emailsubscribed
        optin optedin isoptedin emailoptin optinemail newsletteroptin marketingoptin
        hasoptedin acceptsmarketing acceptsemailmarketing emailmarketing allowemail
        allowemails canemail mayemail mailable emailable contactable okaytoemail oktoemail
        okaytomail angemeldet eingewilligt einwilligung abonniert abonne inscrit inscrite
        suscrito suscripto abonado consentement consentimiento sendemail sendemails
        receiveemails receivesemails receivenewsletter
    """,
    ColumnRole.LEFT: """
        unsubscribed unsubscribe isunsubscribed unsubscribedat unsubscribedon
        unsubscribeddate unsubscribedate unsubscribetime unsubtime unsubdate unsubat
        unsubscriptiondate unsubscriptiontime dateunsubscribed emailunsubscribed
        globallyunsubscribed unsubscribes hasunsubscribed unsub unsubbed optout optedout
        isoptedout hasoptedout emailoptout optedoutofemail optoutemail hasoptedoutofemail
        optoutdate optoutat optouttime optoutdatetime optedoutat optedoutdate optedouton
        dateoptedout emailoptoutdate unsubscribedfromallemail unsubscribedfromall
        unsubscribedfromemails newsletteroptout marketingoptout donotemail donotmail
        donotcontact donotsend dnc dontemail dontmail dontcontact nomail noemail noemails
        nocontact nomarketing donotmarket emaildisabled disabled isdisabled emailoff
        suppressed issuppressed emailsuppressed suppressedat suppressiondate suppressiontime
        emailsuppressions globalsuppression blacklisted isblacklisted emailblacklisted
        blacklistedat blacklist blocklisted isblocklisted emailblocklisted blocklist blocked
        isblocked blockedat emailblocked banned isbanned excluded unmailable deletedat
        deletedon deleteddate deletetime deleted isdeleted removedat removedon removed
        isremoved removeddate stoptime stopdate leftat lefton left hasleft dateleft
        withdrawn withdrawnat consentwithdrawn consentwithdrawnat revoked revokedat
        consentrevoked erased erasedat deactivated deactivatedat abgemeldet abgemeldetam
        abmeldung abmeldedatum abmeldungam istabgemeldet ausgetragen ausgetragenam
        abbestellt abbestelltam widerrufen widerrufenam widerruf widerrufsdatum
        widersprochen widersprochenam gesperrt gesperrtam gekundigt gekundigtam geloscht
        geloschtam keineemail keineemails keinewerbung keinkontakt nichtkontaktieren
        nichtanschreiben werbesperre desinscrit desinscrite desinscritle desinscription
        datedesinscription datededesinscription desabonne desabonnee desabonnele
        desabonnement datedesabonnement datededesabonnement nepascontacter nepasenvoyer
        bloque supprime supprimele resilie oppose opposition listenoire baja debaja
        dadodebaja fechadebaja fechabaja desuscrito desuscrita fechadedesuscripcion
        cancelosuscripcion nocontactar noenviar bloqueado eliminado listanegra excluido
        dateunsubscribe portalunsubscribe confirmedoptoutdate
    """,
    ColumnRole.LEFT_WHY: """
        unsubscribereason unsubreason unsubscribedreason unsubscriptionreason optoutreason
        reasonforunsubscribing suppressionreason reasonforleaving abmeldegrund
        raisondedesinscription motivodebaja confirmedoptoutreason
    """,
    ColumnRole.BOUNCED_WHY: """
        bouncereason bouncedreason hardbouncereason emailhardbouncereason portalbounce
        globalbounce
    """,
    ColumnRole.BOUNCED: """
        bounced isbounced hasbounced bouncedat bouncedon bounceddate bouncedate bouncetime
        hardbounced hardbounce hardbounces hardbouncedat hardbouncedate bouncedhard
        emailbounced cleantime cleaned cleanedat undeliverable undeliverableat invalid
        isinvalid emailinvalid invalidemail unzustellbar unzustellbaram zuruckgekommen
        rejete rejetee nondelivrable rebotado rebotada fechaderebote rebote
    """,
    ColumnRole.COMPLAINED: """
        complained hascomplained complainedat complainedon complaineddate complaint
        complaintat complaintdate complainttime spamcomplaint spamcomplaintat spamreport
        spamreported spamreportedat reportedspam reportedasspam markedasspam markedasspamat
        markedspam abusecomplaint abusereport beschwerde beschwert hatsichbeschwert plainte
        signalecommespam queja denuncia marcadocomospam portalspamreport
    """,
    ColumnRole.SIGNED_UP_AT: """
        signedupat signupdate signedupon signuptime subscribedat subscribedon subscribeddate
        subscribedate subscriptiondate datesubscribed optintime optindate optinat createdat
        created createdon createdate datecreated datecreatedat dateadded addedat addedtime
        addedon joinedat joindate datejoined registeredat registrationdate anmeldedatum
        angemeldetam anmeldungam eingetragenam dateinscription datedinscription inscritle
        dateabonnement datedabonnement fechadealta fechaalta fechasuscripcion fecharegistro
        optedinat optedinon datesubscribe
    """,
    ColumnRole.SIGNED_UP_IP: """
        signedupip signupip optinip ipaddress ip subscribedip addedip adresseip direccionip
        ipadresse
    """,
    ColumnRole.CONFIRMED_AT: """
        confirmedat confirmtime confirmdate confirmedon confirmeddate confirmationdate
        confirmationtime dateconfirmed doubleoptintime doubleoptindate bestatigtam
        confirmele datedeconfirmation confirmadoel fechadeconfirmacion
    """,
    ColumnRole.CONFIRMED_IP: """
        confirmedip confirmip confirmationip
    """,
    ColumnRole.SOURCE: """
        source signupsource quelle herkunft origine origen
    """,
}
KNOWN_NAMES = {role: tuple(names.split()) for role, names in _NAMES.items()}
"""For each role its names; of a role that one column has, the first that is there counts."""
