"""Which sentences need the one before them, in each language that readers are written to."""

import pytest

from digest.quotes.dependence import asks, leans_back, needs_its_predecessor

POINTING_BACK = """
It loses to Tern.
It’s fine.
This is a bet.
That said, I'd keep it.
But it needs a database.
“They know it.”
However, it works.
E.g. the client does.
For example, the client.
Yes, if the price holds.
No. That is wrong.
No – nobody would.
Not if you pay by the seat.
Because nobody else does it.
Sie kostet zu viel.
Das ist der Haken.
Die kosten nichts.
Aber der Preis steigt.
Deshalb würde ich warten.
Ja, wenn der Preis bleibt.
Nein. Nicht bei diesem Preis.
Dafür fehlt die Dokumentation.
Diese Wette geht auf.
Weil es sonst niemand tut.
Elle coûte trop cher.
Il tombe à dix utilisateurs.
Cela ne suffit pas.
C’est le problème.
Mais le prix monte.
Oui, si le prix reste bas.
Non, pas à ce prix.
Cette promesse tient.
Parce que personne ne le fait.
Pero el precio sube.
Eso no basta.
Ella cuesta demasiado.
Sí, si el precio no sube.
No, a ese precio no.
Sin embargo, funciona.
Por eso esperaría un año.
Porque nadie más lo hace.
Он стоит слишком дорого.
Но цена растёт.
Да, если цена не вырастет.
نعم، إذا بقي السعر منخفضا.
لا، ليس بهذا السعر.
لكن السعر يرتفع.
ولكنه يحتاج إلى قاعدة بيانات.
هذا هو العيب.
وهي تكلف الكثير.
ومع ذلك فهو يعمل.
لذلك أنتظر سنة أخرى.
فهو لا يستحق ثمنه.
它的文档很好。
但价格太高。
因此我会再等一年。
是的，如果价格不变。
不，这个价格不行。
没错，它能用。
会，如果价格不变。
それは高すぎる。
しかし値段が上がる。
はい、値段が変わらなければ。
いいえ、この値段では無理です。
そのため一年待ちます。
もちろん使います。
यह बहुत महँगा है।
हाँ, अगर दाम न बढ़े।
""".strip().splitlines()
STANDING_ALONE = """
Italy is far.
Thistle works.
Butter is not needed.
No. 1 in its class is what the page claims.
No limits are stated anywhere.
Right now nobody pays for it.
Well-known limits are stated.
True cost is hidden in the seats.
Because the price holds, I ship it.
Sure-footed teams ship it.
O'Reilly has a book on it.
Es gibt keinen Grund zu warten.
Das Modell läuft auf jedem Rechner.
Die Preise steigen jedes Jahr.
Weil der Preis bleibt, nehme ich es.
Richtige Grenzen stehen im Vertrag.
Il faut payer chaque siège.
Il y a mieux pour dix euros.
Ce que personne ne dit : le prix double.
Si le prix double, je passe.
Le prix double chaque année.
No lo usaría con más de diez personas.
Lo que falla es el precio.
Las pruebas fallan a menudo.
Если цена вырастет, я уйду.
Отличный выбор для команды.
لا تستخدمه في العمل اليومي.
واجهة الاستخدام بطيئة.
إذا ارتفع السعر تركته.
السعر منخفض لكل مقعد.
对于小团队来说价格合适。
不需要任何密钥就能运行。
其实价格并不高。
也许小团队并不需要。
会议记录写得很好。
小さなチームには十分だ。
いやな値上げは一度もない。
ただで使えるのは十人まで。
""".strip().splitlines()


@pytest.mark.parametrize("sentence", POINTING_BACK)
def test_a_sentence_that_points_back_joins_on_or_answers_is_known(sentence: str) -> None:
    assert needs_its_predecessor(sentence)


@pytest.mark.parametrize("sentence", STANDING_ALONE)
def test_a_sentence_that_only_looks_like_it_stands_alone(sentence: str) -> None:
    assert not needs_its_predecessor(sentence)


def test_words_within_a_sentence_point_back_too() -> None:
    assert leans_back("The business survives that scenario.")
    assert leans_back("We prefer the latter.")
    assert not leans_back("The scenario where this breaks is a long one.")


@pytest.mark.parametrize(
    "sentence",
    ["Who pays?", "“Who pays?”", "من يدفع؟", "谁付钱？", "「誰が払うのか？」", "Qui paie ?"],
)
def test_a_question_is_known_by_its_mark(sentence: str) -> None:
    assert asks(sentence)
    assert not asks(f"{sentence} Nobody.")
