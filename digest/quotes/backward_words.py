"""Lists the openings that point back at the sentence before, by language.

Of three kinds: words for what was named before (it, this), words that join (but, therefore), and
answers (yes, no). A word that opens other sentences too counts only in the form that points back.
"""

from typing import NamedTuple


class BackwardWords(NamedTuple):
    """Patterns of one language: words that point back or join on, and words that answer."""

    back: str
    answers: str


_NOT_A_WORD = r"(?!\w)"
_PAUSE = r"(?=\s*[,;:!،؛，；：！。、—–]|\.(?!\s*\d)|\s+-\s)"
"""What follows an answer; "No. 1" and "No limits" are none."""

ENGLISH = BackwardWords(
    back=(
        "It|Its|It's|It'd|It'll|This|That|That's|These|Those|They|They're|Their|Them|"
        "He|She|His|Her|Him|But|And|So|Or|Nor|Yet|Still|Also|However|Though|Then|Thus|Hence|"
        "Therefore|Instead|Otherwise|Besides|Moreover|Which|Such|Neither|Both|Either|Same|"
        "The same|Having said|Even so|Even then|Beyond that|In that case|As a result|"
        "Until then|Again|"
        "Nevertheless|Nonetheless|Meanwhile|Another|Others?|Too|Only then|If so|If not|Not if|"
        "(?:For|Because of|With|Given|Despite) (?:this|that)|For (?:example|instance)|"
        r"One (?:of them|more)|E\.g\.|I\.e\."
    ),
    answers=(
        "Yes|No|Yeah|Yep|Nope|Sure|Absolutely|Definitely|Maybe|Perhaps|Probably|Probably not|"
        "Not really|Not quite|Not yet|Not necessarily|Of course|Exactly|Indeed|Correct|True|Right|"
        "Agreed|Well|OK|Okay|Hardly|Never|Depends|It depends"
    ),
)
GERMAN = BackwardWords(
    back=(
        "Er|Sie|Es(?! (?:gibt|fehlt|braucht)\\b)|Ihre?[nmrs]?|Seine?[nmrs]?|"
        "Diese[rsnm]?|Jene[rsnm]?|Solche[rsnm]?|"
        "(?:Letztere|Erstere|Dasselbe|Derselbe|Dieselbe|Beide)[rsnm]?|"
        "D(?:as|ie|er) (?:ist|sind|war|waren|wird|werden|kann|können|macht|machen|kostet|"
        "kosten|heißt|"
        "bedeutet|reicht|reichen|funktioniert|geht|gilt|spricht|zeigt|löst|hilft|spart|fehlt|"
        "hat|haben|"
        "muss|müssen|soll|sollte|wäre|klingt|genügt|stimmt|lohnt)|"
        "Aber|Und|Oder|Denn|Doch|Dennoch|Trotzdem|Deshalb|Daher|Darum|Deswegen|Dann|Außerdem|Zudem|"
        "Allerdings|Jedoch|Somit|Folglich|Stattdessen|Andernfalls|Sonst|Ansonsten|Auch|Sondern|"
        "Da(?:für|gegen|mit|bei|ran|rauf|raus|rin|von|zu|durch|nach|neben)|Dort|Insofern|Immerhin|"
        "Zum Beispiel|Beispielsweise|In dem Fall|In diesem Fall|Nur dann|Erst dann|Wenn ja|"
        "Wenn nicht"
    ),
    answers=(
        "Ja|Nein|Jein|Genau|Richtig|Stimmt|Klar|Natürlich|Sicher|Vielleicht|Kaum|Eher nicht|"
        "Nicht ganz|"
        "Nicht wirklich|Noch nicht|Kommt darauf an|Gut|Gewiss"
    ),
)
FRENCH = BackwardWords(
    back=(
        r"(?:Il|Elle)s?(?! (?:faut|faudra|y a|n'y a|n'y avait|existe|manque|suffit|vaut mieux)\b)|"
        "Cela|Ça|Ceci|C'(?:est|était|en est)|Ce sont|Ce n'est|Cel(?:ui|le)(?:-ci|-là)?|"
        "Ce(?:ux|lles)|"
        r"Ce(?! (?:que|qui|dont)\b| qu')|Ces|Cet|Cette|Son|Sa|Ses|Leurs?|Lui|Eux|"
        "Mais|Et|Ou|Donc|Or|Ainsi|Alors|Pourtant|Cependant|Toutefois|Néanmoins|Sinon|Ensuite|Puis|"
        "De plus|En outre|Par contre|En revanche|Du coup|D'où|Aussi|Même|Dans ce cas|Pour autant|"
        "Par exemple|Par conséquent|C'est pourquoi|Malgré (?:cela|tout)|Les deux|Le même|La même|"
        "Car (?:il|elle|ils|elles|le|la|les|on|ce|c'|l')"
    ),
    answers=(
        "Oui|Non|Si|Bien sûr|Exactement|Peut-être|Pas vraiment|Pas encore|Pas tout à fait|D'accord|"
        "Certes|Vrai|Évidemment|Ça dépend|Cela dépend"
    ),
)
SPANISH = BackwardWords(
    back=(
        r"Él|Ellas?|Ellos?|Es[oae]s?|Est[oae]s?|Aquell[oa]s?|Lo(?! que\b)|Sus?|Son|Ambos|Ambas|"
        r"Pero|[YO](?=\s)|Ni|Sino|Entonces|Así|Aun así|Sin embargo|No obstante|"
        r"Por (?:eso|ello|tanto)|"
        "Por lo tanto|Además|También|Tampoco|En cambio|Luego|Después|En ese caso|Si no|"
        "De lo contrario|"
        r"Por ejemplo|A pesar de (?:eso|ello)|L[oa]s? mism[oa]s?"
    ),
    answers=(
        "Sí|Claro|Quizás?|Tal vez|Exacto|Exactamente|Depende|Por supuesto|No del todo|"
        "No exactamente|"
        "Todavía no|Cierto|Desde luego"
    ),
)
RUSSIAN = BackwardWords(
    back=(
        "Он|Она|Оно|Они|Это|Этот|Эта|Эти|Тот|Те|Его|Её|Ее|Их|Но|И|А|Или|Поэтому|Однако|Тогда|Также|"
        "Тоже|Зато|Впрочем|Иначе|Затем|Потом|Оба|Обе|Такой|Такая|Такие|Например"
    ),
    answers=("Да|Нет|Конечно|Возможно|Точно|Верно|Не совсем|Пока нет"),
)
ARABIC = BackwardWords(
    back=(
        "[وف]?(?:هو|هي|هم|هما|هذا|هذه|هذان|ذلك|تلك|هؤلاء|أولئك|لكن|لكنه|لكنها|لكنهم|إنه|إنها|بل|ثم|"
        "لذلك|لذا|لهذا|لأنه|لأنها|لأن|بالتالي|كلاهما|كلتاهما|كذلك|أيضا|أيضًا)|"
        "و?(?:مع|رغم|على الرغم من|بعد|عند|غير|بدلا من|بدلًا من) ذلك|"
        "إلا أن|إلا أنه|إلا أنها|غير أن|كما أن|"
        "كما أنه|كما أنها|فإن|فإذا|فقد|فلا|عندها|حينها|على سبيل المثال|مثلا|مثلًا|"
        "في هذه الحالة|وإلا|"
        "نعم|بلى|أجل|كلا"
    ),
    answers=("لا|طبعا|طبعًا|بالطبع|بالتأكيد|ربما|صحيح|ليس تماما|ليس تمامًا|ليس بعد"),
)
HINDI = BackwardWords(
    back=("यह|वह|ये|वे|इसका|इसकी|इसके|उसका|उसकी|लेकिन|पर|और|या|इसलिए|फिर|तो"),
    answers=("हाँ|हां|नहीं|शायद|बिल्कुल"),
)

SPACED = (ENGLISH, GERMAN, FRENCH, SPANISH, RUSSIAN, ARABIC, HINDI)
OPENING = "|".join(f"(?:{words}){_NOT_A_WORD}" for words, _ in SPACED)
"""A pattern of the words that point back."""
ANSWER = "|".join(f"(?:{words}){_PAUSE}" for _, words in SPACED)
"""A pattern of the words that answer, with a pause after them."""
LONE_REASON = r"(?:Because|Weil|Parce qu(?:e|')|Porque)\b[^,;:—–]*\Z"
"""A reason without what it is the reason of, as after "Why?"."""

_CHINESE = (
    "它|他|她|这|這|那|其(?!实|實)|但|而|因此|所以|不过|不過|然而|可是|只是|并且|並且|另外|此外|同时|同時|于是|於是|"
    "否则|否則|或者|也(?!许|許|门|門)|还(?!原|款)|還(?!原|款)|又|两者|兩者|前者|后者|後者|反之|相反|尽管如此|儘管如此|"
    "即便如此|即使如此|除此之外|换句话说|換句話說|也就是说|例如|比如|是的|没错|沒錯|当然|當然|"
    "(?:对|對|不|不是|好|可以|能|会|會)[，,。！!；]"
)
_JAPANESE = (
    "それ|これ|あれ|その|この|あの|そこ|ここ|そう|こう|彼|同じ|どちらも|両方|両者|前者|後者|そして|しかし|だから|"
    "でも|ただし|なので|ですが|だが|けれど|けど|したがって|従って|ゆえに|すると|さらに|つまり|または|とはいえ|"
    "なぜなら|例えば|たとえば|一方|もちろん|"
    "(?:はい|いいえ|いや|ええ|うん|ただ|また|おそらく|たぶん)[、,。！!]"
)
UNSPACED = f"{_CHINESE}|{_JAPANESE}"
"""A pattern of both kinds in scripts without spaces."""
