"""What the raw files lack about themselves, by base source.

Plain files (no typed header) need names, a separator and a target. KEEL files type their
columns, but declare many codes (sex, chest pain type, suit of a card) as numbers; the columns
that the source's own description calls nominal or boolean are listed here. Names are written
in lower case, because the cuts of one table spell them differently.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class FileLayout:
    """How to read a plain file: ``columns`` is empty when the first line names them."""

    target: str
    columns: tuple[str, ...] = ()
    separator: str = ","
    left_out: tuple[str, ...] = ()


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _numbered(stem: str, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}{at + 1}" for at in range(count))


SPACES = r"\s+"

LAYOUTS = {
    "abalone": FileLayout(
        "rings",
        _names("sex length diameter height whole shucked viscera shell rings"),
    ),
    # names of proteins are identifiers
    "ecoli": FileLayout(
        "site",
        _names("protein mcg gvh lip chg aac alm1 alm2 site"),
        SPACES,
        ("protein",),
    ),
    "yeast": FileLayout(
        "site",
        _names("protein mcg gvh alm mit erl pox vac nuc site"),
        SPACES,
        ("protein",),
    ),
    "fertility": FileLayout(
        "diagnosis",
        _names("season age diseases accident surgery fevers alcohol smoking sitting diagnosis"),
    ),
    "german": FileLayout(
        "class",
        _names(
            "status duration history purpose amount savings employment rate personal debtors "
            "residence property age plans housing credits job dependants telephone foreign class"
        ),
        SPACES,
    ),
    "glass": FileLayout("type", _names("id ri na mg al si k ca ba fe type"), left_out=("id",)),
    # the stability margin is the number that the class is a threshold of
    "grid": FileLayout("stabf", left_out=("stab",)),
    "hepatitis": FileLayout(
        "class",
        _names(
            "class age sex steroid antivirals fatigue malaise anorexia liver_big liver_firm "
            "spleen_palpable spiders ascites varices bilirubin alk_phosphate sgot albumin "
            "protime histology"
        ),
    ),
    "hypothyroid": FileLayout(
        "class",
        _names(
            "class age sex on_thyroxine query_on_thyroxine on_antithyroid_medication "
            "thyroid_surgery query_hypothyroid query_hyperthyroid pregnant sick tumor lithium "
            "goitre tsh_measured tsh t3_measured t3 tt4_measured tt4 t4u_measured t4u "
            "fti_measured fti tbg_measured tbg"
        ),
    ),
    "satimage": FileLayout("soil", (*_numbered("band", 36), "soil"), SPACES),
    "skillcraft": FileLayout("LeagueIndex", left_out=("GameID",)),
    "spect": FileLayout("diagnosis", ("diagnosis", *_numbered("f", 22))),
    "stroke": FileLayout("stroke"),
    "winequality": FileLayout("quality", separator=";"),
}

NOMINAL = {
    "abalone": _names("sex"),
    "cleveland": _names("sex cp fbs restecg exang slope thal"),
    "contraceptive": _names("wife_religion wife_working husband_occupation media_exposure"),
    "dermatology": _names("family_history"),
    "fertility": _names("season diseases accident surgery"),
    "german": _names(
        "status history purpose savings employment personal debtors property plans housing job "
        "telephone foreign"
    ),
    "hayes-roth": _names("hobby age educationallevel maritalstatus"),
    "hepatitis": _names(
        "sex steroid antivirals fatigue malaise anorexia liver_big liver_firm spleen_palpable "
        "spiders ascites varices histology"
    ),
    "hypothyroid": _names(
        "sex on_thyroxine query_on_thyroxine on_antithyroid_medication thyroid_surgery "
        "query_hypothyroid query_hyperthyroid pregnant sick tumor lithium goitre tsh_measured "
        "t3_measured tt4_measured t4u_measured fti_measured tbg_measured"
    ),
    "led7digit": _numbered("led", 7),
    "poker": _numbered("s", 5),
    "spect": _numbered("f", 22),
    "stroke": _names(
        "gender hypertension heart_disease ever_married work_type residence_type smoking_status"
    ),
    "vowel": _names("speakernumber sex tt"),
}

# values that stand for "not known" in the source's description
MISSING_CODES: dict[str, dict[str, float | str]] = {
    "pima": {"Plas": 0.0, "Pres": 0.0, "Skin": 0.0, "Insu": 0.0, "Mass": 0.0},
    "stroke": {"smoking_status": "Unknown"},
}
