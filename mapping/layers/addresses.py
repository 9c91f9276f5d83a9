"""How streets, places and house numbers are written, and what of it is the same: words folded to one spelling.

Cyrillic is romanised by the Ukrainian national system (Cabinet of Ministers, resolution 55 of 27 January 2010), then
spellings that people mix up are made one, on both sides alike: «Шевченка» and "shevchenka", «Гагаріна» and "gagarina",
"Yurii" and "Iurii". A folded word is for comparing, never for showing.
"""

import re
import unicodedata
from dataclasses import dataclass

MAX_WORDS = 8

_ROMAN = str.maketrans(
    {
        **dict(zip("абвгґдезиіклмнопрстуф", "abvhgdezyiklmnoprstuf", strict=True)),
        **{"є": "ie", "ж": "zh", "ї": "i", "й": "i", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch"},
        **{"ь": "", "ю": "iu", "я": "ia", "ё": "e", "ъ": "", "ы": "y", "э": "e", "ў": "u"},
    }
)
_FIRST = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
_INITIAL = re.compile(r"(?<![^\W_])[єїйюя]")
_APOSTROPHES = re.compile("['’ʼ`´ʹ]")
_ONE_SOUND = (("kh", "h"), ("g", "h"), ("y", "i"), ("j", "i"), ("x", "ks"), ("ß", "ss"))
_LETTER = r"[^\W\d_]"
_HYPHENATED = re.compile(rf"(?<!\w)({_LETTER}{{1,2}})-({_LETTER}{{1,2}})(?!\w)")  # пр-т, б-р
_BLOCK = rf"(корп(?:ус)?|korp|к|k|стр|с|s)(?!{_LETTER})\.?\s*(\d{{1,3}})(?!\w)"
_NUMBER = re.compile(
    rf"(?<!\w)(\d{{1,5}})(?:\s*/\s*(\d{{1,4}}))?(?:\s*[-–]?\s*({_LETTER})(?!\w)|(?!\w)|(?={_BLOCK}))"
    rf"(?:[\s,]*{_BLOCK})?"
)
_WORD = re.compile(r"[^\W_]+")

_STREET_WORDS = {
    "street": "вулиця вулиці вул улица ул street str st strasse straße",
    "avenue": "проспект просп прт пр prospekt avenue ave av",
    "boulevard": "бульвар бульв бул бр boulevard blvd",
    "lane": "провулок провул пров переулок пер lane ln",
    "square": "площа площадь пл square sq",
    "road": "шосе шоссе дорога road rd highway",
    "embankment": "набережна набережная наб embankment",
    "drive": "проїзд проезд drive dr",
    "alley": "алея аллея alley",
    "descent": "узвіз descent",
    "close": "тупик туп close",
}


def romanised(text: str) -> str:
    """Ukrainian in Latin letters, small; other letters as they are.

    Parameters
    ----------
    text : str
        Russian and Belarusian letters are taken too.

    Notes
    -----
    Source: resolution 55 of the Cabinet of Ministers of Ukraine (2010): apostrophe and soft sign are left out; є, ї, й,
    ю, я at the beginning of a word are ye, yi, y, yu, ya; зг is zgh.
    """
    small = _APOSTROPHES.sub("", text.lower()).replace("зг", "zgh")
    return _INITIAL.sub(lambda found: _FIRST[found.group()], small).translate(_ROMAN)


def folded(text: str) -> str:
    """A text in the one spelling in which texts are compared: romanised, without accents, sounds that mix made one."""
    spelled = unicodedata.normalize("NFKD", romanised(unicodedata.normalize("NFC", text)))
    spelled = "".join(letter for letter in spelled if not unicodedata.combining(letter))
    for written, meant in _ONE_SOUND:
        spelled = spelled.replace(written, meant)
    return re.sub("ii+", "i", spelled)


STREET_TYPES = {folded(word): meant for meant, words in _STREET_WORDS.items() for word in words.split()}
"""What a folded word of a street's name says of its kind: vul, vulitsia and st are all `street`."""


@dataclass(frozen=True)
class AddressQuery:
    """What somebody looks for, folded: `words` and `types` (street, avenue, …) of a name, and house `numbers`."""

    words: tuple[str, ...]
    types: tuple[str, ...]
    numbers: tuple[str, ...]


def _house_number(found: re.Match[str]) -> str:
    house, second, letter, _, _, block, block_number = found.groups()
    key = house + (f"/{second}" if second else "") + (folded(letter) if letter else "")
    return key + (f"{folded(block)[0]}{block_number}" if block else "")


def house_number_key(text: str) -> str:
    """A house number in the one spelling: «12-А», "12 a" and «12а» are 12a; «10 корп. 2» is 10k2.

    Parameters
    ----------
    text : str
        As written on the house.

    Returns
    -------
    str
        Empty where the text holds no number.
    """
    found = _NUMBER.search(text.lower())
    return "" if found is None else _house_number(found)


def _words(text: str) -> list[str]:
    joined = _HYPHENATED.sub(r"\1\2", _APOSTROPHES.sub("", text.lower()))
    return [folded(word) for word in _WORD.findall(joined)]


def name_key(name: str) -> str:
    """The folded words of a name with a space between, those that tell the kind of a street in one spelling, last.

    «вул. Т. Шевченка» and «Вулиця Т. Шевченка» are both "t shevchenka street".
    """
    words = [word for word in _words(name) if word]
    own = [word for word in words if word not in STREET_TYPES]
    return " ".join(own + [STREET_TYPES[word] for word in words if word in STREET_TYPES])


def read_query(text: str) -> AddressQuery:
    """What a search text asks for; word order does not matter.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    AddressQuery
        At most `MAX_WORDS` words and as many numbers; all empty where the text holds neither letter nor digit.
    """
    small = text.lower()
    numbers = tuple(dict.fromkeys(_house_number(found) for found in _NUMBER.finditer(small)))
    words = [word for word in dict.fromkeys(_words(_NUMBER.sub(" ", small))) if word]
    own = tuple(word for word in words if word not in STREET_TYPES)
    types = tuple(dict.fromkeys(STREET_TYPES[word] for word in words if word in STREET_TYPES))
    return AddressQuery(own[:MAX_WORDS], types, numbers[:MAX_WORDS])
