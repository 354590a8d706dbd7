"""What mail programs and people write around a message, in ten languages and more. Data as regular expressions."""

import re


def _beginnings(written: str) -> frozenset[str]:
    """First letters of phrases, two or three of each, apart by blanks; `_` is a blank."""
    return frozenset(each.replace("_", " ") for each in written.split())


WROTE = (
    r"wrote|schrieb(?:en)?|a écrit|a ecrit|escribió|escribio|escreveu|ha scritto|schreef|geschreven|"
    r"napisał(?:\(a\)|a|/a)?|pisze|skrev|kirjoitti|napsal(?:\(a\)|a)?|írta|a scris|yazdı|написал(?:\(а\)|а)?|пишет"
)
"""Verbs of the line above a quote, as in `On Monday, Ann wrote:`."""

WROTE_PARTS = (
    "wrote", "schrieb", "écrit", "ecrit", "escribi", "escreveu", "scritto", "schreef", "geschreven", "napisa", "pisze",
    "skrev", "kirjoitti", "napsal", "írta", "scris", "yazd", "написал", "пишет",
)  # fmt: skip
"""Letters that each of these verbs holds."""

OPENS = (
    r"On|At|Am|Den|Le|El|Em|No dia|A|Il|Il giorno|In data|Op|W dniu|W|Dnia|Dne|På|Kl\.?|Il giorno|ma|ti|ke|to|pe|la|"
    r"su|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}"
)
"""How that line begins, where it does not begin with a name."""

FROM = (
    "From|Von|De|Da|Van|Od|Fra|Från|Expéditeur|Mittente|Remitente|Remetente|Nadawca|Afsender|Avsändare|Afzender|"
    "Absender"
)
SENT = (
    "Sent|Date|Gesendet(?: am)?|Datum|Envoyé(?: le)?|Enviado(?: el| em)?|Enviada(?: em)?|Fecha|Data|Inviato|Verzonden|"
    "Wysłan[oye]|Sendt|Dato|Skickat|Sent at"
)
TO = "To|An|À|A|Para|Aan|Do|Til|Till|Destinataires?|Destinatari[oa]?|Empfänger|Adresat|Modtager|Mottagare"
COPY = "Cc|Bcc|Kopie|Kopi[ae]?|Copie|Copia|DW|Kopi|Importance|Priority|Reply-To|Attachments|Anlagen|Wichtigkeit"
SUBJECT = "Subject|Betreff|Objet|Sujet|Asunto|Assunto|Oggetto|Onderwerp|Temat|Emne|Ämne|Betr\\."
"""Names of the header lines that Outlook and others write above a quoted mail."""

HEADERS_BEGIN = frozenset(name[:3].lower() for names in (FROM, SENT, SUBJECT) for name in names.split("|"))
"""How such a line begins, unless it names recipients."""

ORIGINAL = (
    r"original(?: e-?mail)? message|original appointment|urspr(?:ü|ue)ngliche (?:nachricht|mail)|originalnachricht|"
    r"message d['’]origine|message original|mensaje original|mensagem original|messaggio originale|"
    r"oorspronkelijk(?:e)? bericht|(?:wiadomość|wiadomosc) oryginalna|oryginalna wiadomość|oprindelig (?:meddelelse|"
    r"besked)|"
    r"original(?:meddelelse|meddelande)|ursprungligt meddelande|original besked|исходное сообщение|original mail"
)
FORWARDED = (
    r"forwarded (?:message|by [^\n]{1,80}|mail)|(?:weitergeleitete|weitergeleitet von)(?: nachricht| mail|"
    r" e-mail)?[^\n]{0,60}|"
    r"message (?:transféré|réexpédié|transmis)|mensaje (?:reenviado|remitido)|mensagem (?:encaminhada|reencaminhada)|"
    r"messaggio inoltrato|(?:doorgestuurd|doorgezonden) bericht|(?:wiadomość|wiadomosc) przekazana(?: dalej)?|"
    r"przekazana wiadomość|(?:videresendt|vidaresendt) (?:besked|meddelelse|melding)|vidarebefordrat (?:meddelande|"
    r"mail)|"
    r"пересылаемое сообщение"
)
BEGIN_FORWARDED = (
    r"begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)|début du message (?:réexpédié|"
    r"transféré)|"
    r"inicio del mensaje reenviado|início da mensagem (?:reencaminhada|encaminhada)|"
    r"inizio (?:del )?messaggio inoltrato|"
    r"begin doorgestuurd bericht|początek przekazywanej wiadomości|(?:start på|begyndelse på) videresendt (?:besked|"
    r"meddelelse)|"
    r"vidarebefordrat brev|början på vidarebefordrat (?:meddelande|brev)"
)
"""Lines between a message and what it answers or hands on."""

FORWARDED_BEGINS = _beginnings("anf beg ini poc sta vid")
"""How `BEGIN_FORWARDED` begins."""

REPLY_ABOVE = (
    r"(?:reply|respond|answer|write|type|geben|digit\w+|antwort\w*|antworten|répon\w+|respond\w+|rispond\w+|"
    r"scriv\w+|escrib\w+|"
    r"antwoord\w*|"
    r"typ|reageer|odpowied\w+|odpisz|pisz|svar\w*|skriv\w*|besvar\w*)"
    r"[^\n]{0,60}?(?:above|over|oberhalb|über|au-dessus|por encima|encima|acima|sopra|boven|powyżej|nad|ovenfor|"
    r"over|ovanför)"
    r"[^\n]{0,30}?(?:this line|line|linie|zeile|ligne|línea|linha|riga|linea|lijn|regel|linii|linią|linje\w*|"
    r"message|streg)"
)
"""A help desk's request to write above a line; what is below the line is history."""

LINE_PARTS = ("lin", "nea", "zeile", "ligne", "riga", "lijn", "regel", "message", "streg")
"""Letters of which each such request holds some."""

REGARDS = (
    r"(?:with |my )?(?:kind|best|warm|warmest|kindest|many|sincere)(?:est)? (?:regards|wishes)|regards|rgds|"
    r"(?:all the |with )?best|all the best|"
    r"(?:yours )?(?:sincerely|faithfully|truly|respectfully)(?: yours)?|yours|cheers|br|kr|b\.?\s?rgds|"
    r"(?:mit )?(?:vielen |ganz )?(?:freundliche[mn]?|beste[mn]?|herzliche[mn]?|liebe[mn]?|viele[n]?|schöne[nm]?|"
    r"sonnige[nm]?)"
    r"(?: und \w+)? gr(?:ü|ue|u)(?:ß|ss)(?:en|e)?|(?:schöne |liebe |viele )?gr(?:ü|u)(?:ß|ss)e?|m\.?f\.?g\.?|lg|vg|"
    r"bg|hochachtungsvoll|"
    r"(?:bien |très )?cordialement|(?:bien )?à vous|(?:meilleures|sincères|cordiales|respectueuses) salutations|"
    r"salutations(?: distinguées| cordiales| respectueuses)?|(?:bonne|belle) (?:journée|soirée|réception|"
    r"fin de journée)|cdlt|cdt|"
    r"amicalement|sincèrement|(?:je vous prie|veuillez|nous vous prions) d?['’ ]?agréer[^\n]{0,120}|"
    r"(?:reciba |reciban )?(?:un )?(?:muy )?(?:cordial(?:es)? )?saludos?(?: cordial(?:es)?| afectuosos?)?|"
    r"(?:muy )?atentamente|atte|"
    r"atenciosamente|att|atte|(?:com )?(?:os )?(?:meus )?(?:melhores |cordiais )?(?:cumprimentos|saudações)|"
    r"cordialmente|"
    r"(?:um )?(?:forte )?abraços?|(?:porgo |con i miei |i miei )?(?:più )?(?:cordiali|distinti|migliori|cari|"
    r"tanti) saluti|saluti(?: cordiali)?|"
    r"(?:un )?(?:cordiale |caro )?saluto|(?:buona|buon) (?:giornata|serata|lavoro)|in fede|"
    r"(?:met )?(?:vriendelijke|hartelijke|beste|warme|zonnige) groet(?:en|jes)?|groet(?:en|jes)?|mvg|m\.v\.g\.|"
    r"hoogachtend|"
    r"(?:serdecznie )?pozdrawiam(?: serdecznie| gorąco)?|z poważaniem|z wyrazami szacunku|(?:łączę |"
    r"serdeczne )?pozdrowienia|pozdr\.?|"
    r"(?:med )?(?:de )?(?:venlig(?:e|ste)?|bedste|mange|kærlig) hilsen(?:er)?|(?:de )?bedste hilsner|"
    r"(?:mange )?hilsner|hilsen|vh|mvh|m\.v\.h\.|"
    r"(?:med )?(?:vänlig(?:a)?|bästa|hjärtliga|många) hälsning(?:ar)?|hälsning(?:ar)?|vänligen|(?:terveisin|"
    r"ystävällisin terveisin)|"
    r"med vennlig hilsen|s pozdravem|с уважением|üdvözlettel|cu stimă|saygılarımla"
)
"""How people close a message; the signature begins here."""

REGARDS_BEGIN = _beginnings(
    "abr all ami ate att b_ b. bed bel bes bg bie bon br buo car cdl cdt che com con cor cu de dis fai for fre gan gro "
    "gru har her hil hoc hoo i_m in je kin kr lg lie m. man med mei mel met meu mf mig mit muy mv my nou os por poz "
    "rec reg res rg s_p sal sau say sch ser sin son tan ter tru um un ven veu vg vh vie vri war wit you yst z_p z_w zon"
)

THANKS = (
    r"(?:many |with |kind )?thanks(?: a lot| again| so much| in advance| very much| ahead)?|thank you(?: very much|"
    r" so much| in advance| again| kindly)?|"
    r"thx|tia|(?:vielen|besten|herzlichen|schönen|lieben|1000|tausend) dank(?: im voraus| vorab)?|danke(?: schön|"
    r" sehr| vorab| im voraus| dir| ihnen)?|"
    r"merci(?: beaucoup| d['’]avance| par avance| bien)?|(?:muchas |mil )?gracias(?: de antemano| por adelantado)?|"
    r"(?:muito |desde já )?obrigad[oa](?: desde já)?|"
    r"(?:molte |tante )?grazie(?: mille| in anticipo| infinite| anticipatamente)?|(?:alvast |hartelijk |"
    r"heel erg )?bedankt(?: alvast)?|dank (?:u|je)(?: wel)?|"
    r"(?:z góry |bardzo )?dziękuję(?: bardzo| z góry)?|dziękujemy|dzięki|(?:mange |på forhånd )?tak(?: på forhånd)?|"
    r"(?:stort |tusen )?tack(?: på förhand| så mycket)?"
)
"""Thanks close a message only where a name follows."""

THANKS_BEGIN = _beginnings(
    "100 alv bar bed bes dan des dzi gra har hee her kin lie man mer mil mol muc mui obr sch sto tac tak tan tau tha "
    "thx tia tus vie wit z_g"
)

DEVICE = (
    r"(?:sent|gesendet|diese nachricht wurde|von meinem|envoyé|enviado|enviada|inviato|verzonden|verstuurd|"
    r"wysłan[oey]|sendt|skickat|"
    r"send|versendet|verschickt|lähetetty)\b[^\n]{0,40}?\b(?:i ?phone|i ?pad|android\w*|samsung\w*|galaxy|huawei|"
    r"blackberry|smartphone|mobile?|mobil\w*|"
    r"handy|phone|outlook|mail|yahoo|gmx|web\.de|t[eé]l[eé]ph?on\w*|telefon\w*|telefoon|tablet\w*|móvil|movil|"
    r"celular|cellulare|"
    r"telemóvel|dispositivo|device|gerät\w*|appareil|komórk\w+|surface|gsm|telefono|teléfono)\b[^\n]{0,40}|"
    r"outlook (?:für|for|pour|para|per|voor|dla|til|för) (?:ios|android)[^\n]{0,20}|"
    r"von meinem [^\n]{2,30} gesendet\.?|(?:get|holen sie sich|téléchargez|obtenga|obtener|obter|scarica|ottieni|"
    r"download|pobierz|hent|hämta|"
    r"télécharger|outlook für|outlook pour|outlook para|outlook per|outlook voor|outlook dla|"
    r"outlook til)[^\n]{0,20}\boutlook\b[^\n]{0,60}|"
    r"(?:please )?(?:excuse|forgive|pardon) (?:my |the |any )?(?:brevity|typos)[^\n]{0,60}"
)
"""What phones and programs add by themselves."""

DEVICE_BEGINS = _beginnings("die dow env exc for ges get hen hol inv obt ott out par ple pob sca sen ski ver von wys")

DISCLAIMER = (
    r"(?:this|the (?:information|content)[^\n]{0,40}?|the contents of this) ?(?:e-?mail|message|communication|"
    r"transmission)?[^\n]{0,90}?"
    r"(?:confidential|privileged|intended (?:only|solely)|intended recipient|legally protected)|"
    r"confidentiality (?:notice|note)|"
    r"(?:legal )?disclaimer\b|if you (?:are not the|have received this|received this)[^\n]{0,40}?(?:recipient|error|"
    r"mistake)|"
    r"(?:please )?(?:consider|think of|think about) the environment|"
    r"diese (?:e-?mail|nachricht)[^\n]{0,90}?(?:vertraulich|empfänger|adressat|bestimmt)|vertraulichkeitshinweis|"
    r"(?:bitte )?(?:denken sie an|prüfen sie|schützen sie)[^\n]{0,40}?(?:umwelt|ausdruck)|"
    r"wenn sie nicht der richtige adressat|"
    r"ce (?:message|courriel|mail|courrier)[^\n]{0,90}?(?:confidentiel|destinataire|exclusiv|usage exclusif)|"
    r"avis de confidentialité|"
    r"(?:pensez|pensons)[^\n]{0,30}?environnement|avant d['’]imprimer|"
    r"este (?:mensaje|correo|e-?mail)[^\n]{0,90}?(?:confidencial|destinatario|dirigid)|aviso (?:legal|"
    r"de confidencialidad)|"
    r"antes de imprimir|(?:esta mensagem|este e-?mail|esta comunicação)[^\n]{0,90}?(?:confidencia|destinatári|"
    r"privilegiad)|aviso de confidencialidade|"
    r"(?:questo messaggio|questa e-?mail|il presente messaggio|la presente (?:e-?mail|comunicazione)|"
    r"le informazioni contenute)[^\n]{0,120}?"
    r"(?:riservat|confidenzial|destinatari)|avviso di riservatezza|ai sensi del (?:d\.?lgs|regolamento|gdpr)|"
    r"prima di stampare|"
    r"(?:dit (?:e-?mail)?bericht|deze e-?mail|dit bericht|de informatie)[^\n]{0,90}?(?:vertrouwelijk|bestemd|"
    r"geadresseerde)|"
    r"(?:ta|niniejsza) (?:wiadomość|korespondencja)[^\n]{0,90}?(?:poufn|przeznaczon|adresat)|"
    r"treść tej wiadomości[^\n]{0,90}?(?:poufn|adresat)|"
    r"klauzula poufności|(?:denne|indholdet af denne) (?:e-?mail|meddelelse|mail|besked)[^\n]{0,90}?(?:fortrolig|"
    r"modtager|bestemt)|"
    r"(?:detta|det här) (?:e-?postmeddelande|meddelande|mail|mejl)[^\n]{0,90}?(?:konfidentiell|sekretess|avsett|"
    r"mottagare)|"
    r"tænk på miljøet|aan (?:dit bericht|deze e-?mail)[^\n]{0,40}?geen rechten|tänk på miljön|pomyśl o środowisku|"
    r"denk aan het milieu"
)
"""How legal paragraphs begin."""

DISCLAIMER_BEGINS = _beginnings(
    "aan ai ant ava avi avv bit ce con de den det dez die dis dit est if il ind kla la le leg nin pen ple pom pri que "
    "sch ta the thi tre ver wen"
)

BANNER = (
    r"\[?(?:caution|warning|attention|achtung|vorsicht|external(?: e-?mail| sender)?|extern(?:e e-?mail|"
    r"er absender)?|let op|uwaga|"
    r"attenzione|atención|atenção|prudence)\b\]?[:! -]*[^\n]{0,60}?"
    r"(?:originated (?:from )?outside|outside (?:of )?(?:the|your|our) organi[sz]ation|external sender|"
    r"von extern\w*|externen? absender|"
    r"von außerhalb|extérieur|expéditeur externe|extern\w* afzender|buiten (?:de|onze) organisatie|"
    r"spoza organizacji|externo|esterno)[^\n]{0,200}|"
    r"\[external(?: e-?mail)?\]|you don['’]t often get (?:e-?mail|mail) from[^\n]{0,200}|"
    r"sie erhalten nicht (?:oft|häufig) e-?mails? von[^\n]{0,200}"
)
"""What mail gateways put above a message."""

BANNER_BEGINS = _beginnings("[a [c [e [l [p [u [v [w ach ate att cau ext let pru sie uwa vor war you")

POINTER = (
    r"(?:fyi|fya|f\.y\.i\.|see below|pls see below|please see below|as below|for your (?:information|action|"
    r"attention)|zk|z\.k\.|zur (?:kenntnis|info|weiteren bearbeitung)|"
    r"s\.u\.|siehe unten|wie (?:unten|besprochen)|z\.w\.v\.|pour info(?:rmation)?|voir ci-dessous|ci-dessous|"
    r"para (?:su |tu )?(?:información|conocimiento)|ver abajo|"
    r"para (?:sua )?informação|para conhecimento|ver abaixo|per (?:vostra )?(?:conoscenza|informazione)|vedi sotto|"
    r"ter info(?:rmatie)?|zie onder(?:staand)?|"
    r"do wiadomości|patrz niżej|poniżej|til orientering|se nedenfor|för kännedom|se nedan|fw|fwd)[\s.,!:;)(-]*"
)
"""A message that only points at the one below it."""

CONTACT = re.compile(
    r"@|https?://|www\.|\b(?:tel|fon|phone|mobile?|mob|fax|cell|tlf|tél|telefon|telefono|teléfono|direct|durchwahl|"
    r"kom|gsm)\b\.?\s*[:.+(\d]|"
    r"\+\d{1,3}[\d /().-]{5,}|\b[TMFEP]\s*[:.]\s*\+?\d|\b(?:gmbh|ag|ltd|llc|inc|s\.?a\.?r?\.?l|s\.?p\.?a|b\.?v|"
    r"n\.?v|sp\. ?z ?o\.? ?o|a/s|aps|ab|kg|plc|oy|s\.?r\.?l|lda|sas)\b\.?|"
    r"\bhrb?\b|ust-?id|vat\b|registered|geschäftsführer|amtsgericht|siret|p\. ?iva|kvk|nip\b|cvr|org\.? ?nr|\||•|·",
    re.I,
)
"""What lines of a signature hold: addresses, numbers, companies."""

GO_ON = {
    begins: tuple(each.replace(".", " ") for each in rest.split())
    for begins, rest in {
        "all": "all.t", "com": "com.", "con": "con. conf cons", "cu": "cu. cump", "de": "de. de: de* de_",
        "des": "desd", "dis": "disc dist", "for": "fort forg", "if": "if.y", "in": "in.f", "je": "je.v", "my": "my.",
        "pri": "prim", "res": "resp", "sto": "stor", "the": "the.c the.i", "thi": "this think",
        "ver": "verz vers vert", "you": "yours you.d",
    }.items()
}  # fmt: skip
"""Beginnings that ordinary words share: how the phrases go on, by up to five letters; `.` is a blank."""
