"""Sentences to fill documents with; `|` stands where a word may be broken at a line's end."""

from __future__ import annotations

from itertools import cycle

SENTENCES = {
    "en": """
Rivers carry what moun|tains lose.
A grain of quartz that leaves the sum|mit in spring may take ten thou|sand years to reach the sea.
It rests on every bank along its way, and each flood moves it a little far|ther.
Nobody who looks at a quiet stream in sum|mer would guess how much it can move.
Floods do more in a day than calm water does in a dec|ade.
The shape of a val|ley is there|fore writ|ten by its rar|est hours.
Early sur|vey|ors knew this well and marked the high|est water on the walls of mills.
Some of their marks can still be read, though the mills are long gone.
We com|pared those marks with the ac|counts that the towns kept of broken bridges.
The two agree bet|ter than we had hoped.
Where they dif|fer, the ac|counts are usu|ally the more re|li|able source.
A clerk who has to pay for a bridge has no rea|son to invent a flood.
Ice tells an|other part of the story, because it holds stones that no stream could lift.
When it melts, the stones stay where they are and puz|zle those who come later.
Farm|ers built walls from them, and the walls are now older than the farms.
Trees along the bank keep a rec|ord of their own in the scars of their bark.
By count|ing rings one finds the year of a scar, some|times even the sea|son.
Such counts need pa|tience and a sharp knife, but no costly in|stru|ments.
The young|est trees in our sam|ple had seen two great floods, the old|est eleven.
Sand banks wan|der slowly down|stream and meet one an|other at the bends.
There the cur|rent is strong on the out|side and weak on the in|side.
The outer bank falls in, the inner bank grows, and the bend moves on.
In the end it meets its own neigh|bour, and the river takes the short way.
What is left be|hind is a lake in the form of a sickle.
Frogs find it within a year, her|ons within two.
Af|ter a cen|tury it has turned into a meadow that is wet in April.
Old maps show such lakes where to|day there is nothing but grass.
A spade soon proves that the maps were right.
Be|low the grass lies clay, be|low the clay lies peat, and be|low the peat lies gravel.
Each layer took its time, and none of them was in a hurry.
Engi|neers later cut through the bends to make the way shorter for ships.
The wa|ter thanked them by dig|ging its bed deeper every year.
Wells in the vil|lages fell dry, and the oaks be|gan to die from the top.
To|day some of the bends are be|ing opened again, at great ex|pense.
It will be a while be|fore the frogs come back.
The method is sim|ple enough to be re|peated by any|one with a boat and a rope.
We mea|sured the depth every ten me|tres and noted the time of day.
Wind dis|turbed the read|ings on only three af|ter|noons.
All of the note|books are kept in the town hall and may be seen on re|quest.
A copy was sent to the li|brary, where it was put on the wrong shelf.
It took us a morn|ing to find it and an af|ter|noon to read it.
The writ|ing is small but clear, and the draw|ings are a plea|sure.
One page is miss|ing, and it is the one that we needed most.
Per|haps some|body else needed it too.
Bridges re|mem|ber floods in the joints of their stones.
A mason can tell the new mor|tar from the old at a glance.
He needs no lens and no acid for it, only a dry day and a ham|mer.
His report filled two pages and set|tled a dis|pute of forty years.
Others had writ|ten whole books on the same ques|tion with|out look|ing at the bridge.
The les|son is not new, but it bears re|peat|ing.
""",
    "de": """
Die Straße führt über den Fluss und weiter nach Süden.
Wer sie zum ersten Mal be|nutzt, wun|dert sich über die vielen Kurven.
Sie folgen den alten Ufern, die längst unter Wiesen und Gärten liegen.
Ein Ingenieur wollte sie im Jahr 1873 begra|digen, doch das Geld reichte nicht.
So blieb alles, wie es war, und heute sind die meisten froh darüber.
Im Früh|ling steht das Wasser bis an die Bö|schung.
Dann sperrt die Gemein|de die Straße für zwei oder drei Tage.
Die Kinder gehen in dieser Zeit über den Hügel zur Schule.
Große Schäden gab es seit dem Bau der Mauer nicht mehr.
Die Mauer be|steht aus Granit und ist an manchen Stellen zwei Meter dick.
Ältere Leute er|zählen noch von der Flut, die den Markt|platz er|reichte.
An der Apotheke erinnert eine Tafel aus Messing an jenen Tag.
Jedes Jahr im Novem|ber wird sie geputzt, ob es nötig ist oder nicht.
Die Verwal|tung bewahrt sämt|liche Unter|lagen im Keller des Rat|hauses auf.
Dort ist es trocken, aber kühl, und das Licht fällt schräg durch zwei Fenster.
Man braucht eine Geneh|migung, die in der Regel noch am selben Tag erteilt wird.
Für Abschrif|ten ver|langt das Amt eine geringe Gebühr.
Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.
Niemand weiß, warum gerade dieser Satz auf der letzten Seite steht.
Vermut|lich hat der Schrei|ber nur seine neue Feder geprüft.
""",
    "fr": """
Le fleuve traverse la ville en silence, comme un voisin dis|cret.
On l’entend à peine, sauf au prin|temps, lorsque la neige fond dans les mon|tagnes.
Les an|ciens mou|lins ont dis|paru, mais leurs noms sont res|tés aux rues.
Près du pont, une pierre gravée rap|pelle la crue de 1856.
L’eau était montée jus|qu’au deuxième étage de l’au|berge.
Per|sonne n’avait vu cela, et per|sonne ne l’a revu depuis.
Les archives conser|vent les lettres que le maire écri|vit cette semaine-là.
Elles sont brèves, pré|cises et par|fois très drôles.
Il y de|mande des barques, du pain et de la pa|tience.
Le pré|fet ré|pon|dit qu’il man|quait sur|tout de pa|tience.
À Noël, tout était sec, et l’on ser|vit du vin chaud sur la place.
Depuis lors, chaque élève ap|prend où se trouve la clé de l’é|cluse.
Por|tez ce vieux whisky au juge blond qui fume, disait l’ins|ti|tu|teur.
Cette phrase con|tient toutes les lettres de l’al|pha|bet.
Ses élèves la ré|pé|taient encore, cin|quante ans plus tard.
Un musée ouvrira bien|tôt dans l’an|cienne gare.
On y verra des cartes, des outils et quelques pho|to|gra|phies.
L’en|trée sera gra|tuite le pre|mier dimanche du mois.
""",
    "zh": """
河流把山上的石头带到海里，一粒沙子要走一万年。
春天雪化的时候，水位会上升两三米，低处的小路都被淹没。
村里的老人还记得那一年的大水，桥被冲走了，船停在屋顶上。
后来人们用花岗岩修了一道墙，从此再也没有发生过那样的灾害。
档案馆保存着当时的信件，字迹清楚，内容简短。
研究人员比较了树木的年轮和旧地图，得到了相同的结论。
每隔十米测量一次水深，并记下当天的时间和天气。
测量只需要一条船和一根绳子，任何人都可以重复。
湖泊慢慢变成草地，青蛙和白鹭很快就找到了新的家。
工程师把弯曲的河道改直，水却把河床挖得更深。
今天有些弯道重新打开，费用很高，但是效果不错。
这份报告只有两页，却结束了四十年的争论。
""",
    "ja": """
川は山の石を海まで運びます。
春になると雪が解けて水が増え、低い道は沈んでしまいます。
村の古い橋は大水のたびに流され、そのつど作り直されました。
役場の地下には、当時の手紙や地図が大切に保管されています。
文字は小さいものの読みやすく、絵もたいへん美しいです。
木の年輪を数えると、洪水のあった年がわかります。
調査に必要なのは小さな船と一本の綱だけです。
十メートルごとに深さを測り、時刻と天気を書き留めました。
曲がった流れをまっすぐにすると、水は底を深く掘ります。
井戸は涸れ、古い樫の木は上のほうから枯れていきました。
今ではいくつかの曲がりが元に戻されています。
カエルが帰ってくるまでには、まだ時間がかかるでしょう。
""",
}


class Prose:
    """Paragraphs of one language, sentence after sentence; it starts again when it is through."""

    def __init__(self, language: str, start: int = 0) -> None:
        sentences = SENTENCES[language].split("\n")[1:-1]
        self._space = "" if language in ("zh", "ja") else " "
        self._sentences = cycle([*sentences[start:], *sentences[:start]])

    def __call__(self, sentences: int) -> str:
        """The next paragraph."""
        return self._space.join(next(self._sentences) for _ in range(sentences))
