"""What the people of the town are called, and what they speak. Invented combinations of common names."""

# ruff: noqa: E501 - tables are read by the row

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """A part of the town's people: how many, what they speak at home (with what share), and their names."""

    share: float
    languages: dict[str, float]
    race: str  # OMB category, or "" when not asked
    hispanic: bool
    female: tuple[str, ...]
    male: tuple[str, ...]
    family: tuple[str, ...]


LANGUAGES = {
    "en": "English", "es": "Spanish", "vi": "Vietnamese", "yue": "Cantonese", "zh": "Chinese", "ht": "Haitian Creole", "ar": "Arabic",
    "ru": "Russian", "pt": "Portuguese", "ko": "Korean", "pl": "Polish", "hi": "Hindi",
}  # fmt: skip
RACES = {
    "2106-3": "White", "2054-5": "Black or African American", "2028-9": "Asian", "1002-5": "American Indian or Alaska Native",
    "2131-1": "Other Race",
}  # fmt: skip


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ORIGINS = {
    "new-england": Origin(
        0.27, {"en": 1.0}, "2106-3", False,
        _words("Ellen Margaret Ruth Joan Carol Susan Patricia Linda Karen Nancy Emily Hannah Grace Abigail Claire Nora Maeve Bridget Eleanor "
               "Frances Dorothy Alice Louise Sarah Rachel Megan Lauren Chloe Zoë Renée"),
        _words("Walter George Harold Frank Robert William Thomas James Michael David Stephen Kevin Brian Patrick Liam Owen Henry Samuel Peter "
               "Paul Daniel Andrew Matthew Joshua Ryan Ethan Lucas Noah Eamon Séan"),
        _words("Fitzgerald Whitcomb Doyle Harding Prescott Lindholm Sullivan O’Brien MacLeod Hathaway Bennett Chandler Fairbanks Thayer Weston "
               "Aldrich Brennan Callahan Donovan Hollis Kimball Larkin Merrill Norwood Pruitt Ridley Stoddard Thorne Underhill Winslow"),
    ),
    "black-american": Origin(
        0.15, {"en": 1.0}, "2054-5", False,
        _words("Imani Denise Yolanda Latoya Keisha Monique Gloria Bernice Ernestine Vivian Loretta Simone Nia Aaliyah Jasmine Tamika Odessa "
               "Charlene Ebony Naomi"),
        _words("Marcus Andre Tyrone Darnell Isaiah Clarence Reginald Cedric Malik Jamal Otis Leroy Elijah Terrence Xavier Desmond Curtis "
               "Raymond Calvin Winston"),
        _words("Brooks Coleman Gaines Washington Freeman Hayes Jefferson Mosley Pettway Randolph Simmons Tolliver Vaughn Whitfield Bolden "
               "Crenshaw Dawkins Ellison Grier Hairston"),
    ),
    "latin-american": Origin(
        0.22, {"es": 0.72, "en": 0.28}, "2131-1", True,
        _words("María Ana Carmen Lucía Guadalupe Sofía Isabel Elena Rosario Marisol Verónica Inés Beatriz Ximena Pilar Teresa Yesenia Noemí "
               "Adriana Graciela"),
        _words("José Luis Carlos Tomás Andrés Héctor Ramón Julián Esteban Raúl Óscar Iván Joaquín Mateo Ángel Fermín Néstor Rogelio Diego "
               "Sebastián"),
        _words("Rivera Ortiz Delgadillo Núñez Peña Márquez Calderón Ibáñez Quiñones Rosado Santiago Villanueva Escobar Zúñiga Ledesma Montañez "
               "Ávila Cordero Figueroa Guzmán"),
    ),
    "vietnamese": Origin(
        0.06, {"vi": 0.8, "en": 0.2}, "2028-9", False,
        _words("Lan Hoa Mai Thảo Hương Linh Ngọc Phương Trang Thu Hạnh Yến"),
        _words("Minh Hùng Dũng Tuấn Quang Bảo Khánh Sơn Đức Long Thành Vinh"),
        _words("Nguyễn Trần Lê Phạm Hoàng Huỳnh Vũ Võ Đặng Bùi Đỗ Hồ"),
    ),
    "chinese": Origin(
        0.07, {"yue": 0.5, "zh": 0.3, "en": 0.2}, "2028-9", False,
        _words("Mei-Ling Xiu-Ying Siu-Fong Wai-Han Li-Hua Yan-Ting Pui-Yee Jing Suk-Ching Ai-Lin"),
        _words("Wing-Kei Kwok-Wai Jian-Guo Chi-Ming Wei-Dong Ka-Ho Zhi-Yuan Man-Fai Bo-Wen Tak-Shing"),
        _words("Chan Wong Leung Cheung Lau Zhang Liu Chen Kwan Tsang Yip Huang"),
    ),
    "haitian": Origin(
        0.05, {"ht": 0.7, "en": 0.3}, "2054-5", False,
        _words("Marie-Ange Roseline Fabiola Mirlande Guerda Yvrose Célestine Nadège Wideline Jésula"),
        _words("Jean-Robert Wilner Frantz Emmanuel Réginald Dieudonné Pierre-Louis Mackenson Yves Fritznel"),
        _words("Pierre Joseph Charles Désir Toussaint Baptiste Cadet Estimé Jean-Baptiste Laguerre Mondésir Saint-Fleur"),
    ),
    "arab": Origin(
        0.04, {"ar": 0.65, "en": 0.35}, "2106-3", False,
        _words("Fatima Leila Amina Noor Rania Huda Samira Yasmin Salma Zahra"),
        _words("Omar Yusuf Khalil Tariq Samir Hassan Nabil Karim Rashid Ziad"),
        _words("Haddad Khoury Mansour Nasser Al-Khatib Sabbagh Darwish Rahal Awad Qasim"),
    ),
    "russian": Origin(
        0.04, {"ru": 0.7, "en": 0.3}, "2106-3", False,
        _words("Svetlana Galina Lyudmila Irina Nadezhda Raisa Tatiana Zinaida Polina Yelena"),
        _words("Boris Viktor Leonid Anatoly Grigory Mikhail Sergei Yefim Dmitri Oleg"),
        _words("Kuznetsov Belkin Gurevich Lebedev Orlov Pasternak Reznik Shapiro Tarasov Vinogradov"),
    ),
    "portuguese": Origin(
        0.05, {"pt": 0.6, "en": 0.4}, "2106-3", False,
        _words("Conceição Fátima Inês Graça Joana Luísa Natália Amélia Glória Odília"),
        _words("João António Manuel Álvaro Joaquim Vítor Armando Gonçalo Nélson Duarte"),
        _words("Medeiros Furtado Arruda Câmara Pacheco Raposo Simões Tavares Resendes Botelho"),
    ),
    "polish": Origin(
        0.02, {"en": 0.7, "pl": 0.3}, "2106-3", False,
        _words("Jadwiga Halina Zofia Krystyna Małgorzata Agnieszka"), _words("Zbigniew Stanisław Kazimierz Paweł Tadeusz Łukasz"),
        _words("Nowak Wójcik Zieliński Kowalczyk Dąbrowski Jabłoński"),
    ),
    "indian": Origin(
        0.02, {"en": 0.7, "hi": 0.3}, "2028-9", False,
        _words("Meera Lakshmi Anjali Sunita Kavita Pooja"), _words("Rajesh Vikram Suresh Anil Harish Dev"),
        _words("Patel Sharma Iyer Reddy Banerjee Kulkarni"),
    ),
}  # fmt: skip

RELATIONS = {  # v3-RoleCode
    "WIFE": "wife", "HUSB": "husband", "DAUC": "daughter", "SONC": "son", "SIS": "sister", "BRO": "brother", "MTH": "mother",
    "FTH": "father", "NBOR": "neighbor", "FRND": "friend", "GRNDDAU": "granddaughter", "DOMPART": "domestic partner",
}  # fmt: skip
