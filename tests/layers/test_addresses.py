"""Names folded to one spelling: the national transliteration, abbreviations, house numbers, searches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.layers.addresses import MAX_WORDS, AddressQuery, folded, house_number_key, name_key, read_query, romanised

# The examples of the table in resolution 55 (2010).
RESOLUTION = (
    "Алушта Alushta, Борщагівка Borshchahivka, Вишгород Vyshhorod, Гадяч Hadiach, Згорани Zghorany, Ґалаґан Galagan, "
    "Донецьк Donetsk, Рівне Rivne, Єнакієве Yenakiieve, Наєнко Naienko, Житомир Zhytomyr, Закарпаття Zakarpattia, "
    "Медвин Medvyn, Іршава Irshava, Їжакевич Yizhakevych, Кадиївка Kadyivka, Йосипівка Yosypivka, Стрий Stryi, "
    "Київ Kyiv, Лебедин Lebedyn, Миколаїв Mykolaiv, Ніжин Nizhyn, Одеса Odesa, Полтава Poltava, Ромни Romny, "
    "Суми Sumy, Тетерів Teteriv, Ужгород Uzhhorod, Фастів Fastiv, Харків Kharkiv, Біла Bila, Чернівці Chernivtsi, "
    "Шостка Shostka, Гоща Hoshcha, Русь Rus, Юрій Yurii, Крюківка Kriukivka, Яготин Yahotyn, Костянтин Kostiantyn, "
    "Знам'янка Znamianka, Феодосія Feodosiia, Розгон Rozghon"
)


@pytest.mark.parametrize("pair", RESOLUTION.split(", "))
def test_names_are_romanised_as_the_resolution_says(pair: str) -> None:
    cyrillic, latin = pair.split(" ")
    assert romanised(cyrillic) == latin.lower()
    assert folded(cyrillic) == folded(latin)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Гагаріна", "gagarina"),
        ("Гагаріна", "Haharina"),
        ("Юрія", "Iuriia"),
        ("Харків", "harkiv"),
        ("Städtle", "stadtle"),
        ("Straße", "strasse"),
        ("Олександра", "Olexandra"),
        ("Знам’янка", "Знамʼянка"),
        ("й", "и\u0306"),
    ],
)
def test_spellings_that_people_mix_are_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("12-А", "12a"),
        ("12а", "12a"),
        ("12 a", "12a"),
        ("12", "12"),
        ("12/3", "12/3"),
        ("10 корп. 2", "10k2"),
        ("10к2", "10k2"),
        ("27А с1", "27as1"),
        ("буд. 5", "5"),
        ("без номера", ""),
    ],
)
def test_house_numbers_have_one_spelling(written: str, key: str) -> None:
    assert house_number_key(written) == key


@pytest.mark.parametrize(
    "name", ["вулиця Шевченка", "вул. Шевченка", "Шевченка вул", "str. Shevchenka", "ul Shevchenka"]
)
def test_abbreviations_and_order_do_not_matter(name: str) -> None:
    assert name_key(name) == "shevchenka street"


def test_kinds_of_street_are_kept_apart() -> None:
    assert name_key("просп. Миру") == name_key("пр-т Миру") == "miru avenue" != name_key("пл. Миру")


def test_a_search_is_words_kinds_and_numbers() -> None:
    query = read_query("буд 12-А, вул. 8 Березня")
    assert (query.words, query.types, query.numbers) == (("bud", "bereznia"), ("street",), ("12a", "8"))


@pytest.mark.parametrize("nothing", ["", " ", "%_\\", "—…", "'"])
def test_what_holds_no_letter_asks_for_nothing(nothing: str) -> None:
    query = read_query(nothing)
    assert query == AddressQuery((), (), ())


@given(st.text(max_size=200))
def test_any_text_gives_few_plain_words(text: str) -> None:
    query = read_query(text)
    assert len(query.words) <= MAX_WORDS
    assert len(query.numbers) <= MAX_WORDS
    assert all(word and not set(word) & set("%_\\ ") for word in query.words)
