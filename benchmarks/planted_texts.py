"""Texts for simulated rounds: topic words among filler, in five languages and three scripts.

Filler is real function words, topic and everyday words are made of the language's syllables.
Words fall off in frequency as words do (Zipf), are inflected, and sometimes a text lacks the
word that it is about.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FILLER = {
    "en": "the to and of a in is it you that was for on are with as I his they be at one have this"
    " from or had by not but what all were we when your can said there use an each which she do how"
    " their if will up other about out many then them these so some her would make like him into",
    "pl": "i w na nie się z do to że jest o jak ale po co tak za od być już tylko mnie czy jego był"
    " może są przez dla tego przy bardzo gdy kiedy jestem mam mi ma bez pod nad jeszcze mój proszę",
    "ar": "في من على إلى عن أن هذا التي كان لا ما هل لم مع قد كل بعد غير بين حتى ذلك هو هي أو ثم"
    " عند لي أنا كيف لكن إذا منذ أي نحن هناك الآن فقط أيضا شكرا",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es"
    " an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über so zum war"
    " haben nur oder aber vor zur bis mehr durch man ich bitte mein",
    "zh": "的 是 我 不 了 在 有 这 个 们 你 就 也 和 他 要 都 没 很 说 会 着 去 到 把 给 吗 呢 吧",
}
SYLLABLES = {
    "en": "ba con der ex fi gra hol im jo ker lan mer nor op per quo ran sta tor un ver wil yar"
    " ment tion ing bur cla dro fen gli pru ske tri",
    "pl": "ba cze dzi gra jo ko lek mo nie po rza sta trz wy zło żer prze wie kło szy ści rów bór"
    " mał kra dro świ pła",
    "ar": "با تر ثم جي حس خد دو ذا رف زي سل شم صر ضع طل ظه عم غن فق قل كت لب مر نش هد وس يم",
    "de": "ab bau den er feld ge haus kla lan mit nor ober pro rech schal tung un ver werk zahl"
    " heit keit sch gra blo stra tri über mün fäl",
    "zh": "天地人山水火木金土石田禾米竹車馬鳥魚蟲花草雲雨雪風電光明暗東西南北春秋冬夏"
    "書畫琴棋茶酒飯菜衣帽鞋房屋門窗桌椅床燈路橋船票信紙筆墨刀弓箭球鼓鐘鏡盒瓶杯碗盤",
}
ENDINGS = {
    "en": ["", "", "", "s", "ed", "ing"],
    "pl": ["a", "y", "ę", "ami", "ów", "ie"],
    "ar": ["", "", "ة", "ات", "ين"],
    "de": ["", "", "en", "e", "s"],
    "zh": [""],
}
LANGUAGES = tuple(FILLER)


@dataclass(frozen=True)
class Topic:
    """What a family of units is about: words in one language, the first its key word."""

    language: str
    words: tuple[str, ...]
    key_share: float


class Writer:
    """Writes the texts of one round."""

    def __init__(self, rng: np.random.Generator, languages: list[str]) -> None:
        self.rng, self.taken = rng, set()
        self.inflected = float(rng.choice([0.0, 0.2, 0.5]))
        self.length = float(rng.uniform(8, 30))
        self.silent = float(rng.uniform(0.03, 0.12))  # texts without a word of their topic
        self.everyday = {
            language: [self._word(language) for _ in range(250)] for language in languages
        }

    def _word(self, language: str) -> str:
        while True:
            n = 2 if language in {"zh", "ar"} else int(self.rng.integers(2, 4))
            parts = SYLLABLES[language]
            word = "".join(self.rng.choice(list(parts) if language == "zh" else parts.split(), n))
            if word not in self.taken:
                self.taken.add(word)
                return word

    def topic(self, language: str) -> Topic:
        """A new topic of three to six words; a quarter of them occur everywhere else too."""
        everyday = self.everyday[language]
        words = [self._word(language)] + [
            everyday[int(self.rng.integers(5, 100))]
            if self.rng.random() < 0.25
            else self._word(language)
            for _ in range(int(self.rng.integers(2, 6)))
        ]
        return Topic(language, tuple(words), float(self.rng.uniform(0.5, 0.9)))

    def text(self, topic: Topic, also: Topic | None = None) -> str:
        """One text about ``topic``; ``also`` lends it a word."""
        rng, language = self.rng, topic.language
        n = max(4, int(rng.lognormal(np.log(self.length), 0.4)))
        words = [
            str(word)
            for source, count in ((FILLER[language].split(), n - n // 3),
                                  (self.everyday[language], n // 3))
            for word in np.array(source)[_zipf(rng, len(source), count)]
        ]  # fmt: skip
        if rng.random() >= self.silent:
            own = [topic.words[0]] if rng.random() < topic.key_share else []
            rest = topic.words[1:]
            own += [w for w in rest if rng.random() < 1.2 / len(rest)]
            own = own or [topic.words[int(rng.integers(len(topic.words)))]]
            if also is not None and also.language == language:
                own.append(also.words[int(rng.integers(len(also.words)))])
            words += [self._inflect(word, language) for word in own]
        order = rng.permutation(len(words))
        return ("" if language == "zh" else " ").join(words[i] for i in order) + "."

    def _inflect(self, word: str, language: str) -> str:
        if self.rng.random() >= self.inflected:
            return word
        if language == "ar" and self.rng.random() < 0.5:
            return "ال" + word
        return word + str(self.rng.choice(ENDINGS[language]))


def _zipf(rng: np.random.Generator, n: int, size: int) -> np.ndarray:
    weights = 1 / np.arange(1, n + 1)
    return rng.choice(n, size, p=weights / weights.sum())
