"""What the people of the town live with, take and are admitted for, in codes of SNOMED CT, ICD-10-CM, RxNorm, LOINC and CVX."""

# ruff: noqa: E501 - tables are read by the row

from __future__ import annotations

from dataclasses import dataclass

SNOMED = "http://snomed.info/sct"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"


@dataclass(frozen=True, slots=True)
class Problem:
    """A condition: how common it is at an age, and what is usually taken for it."""

    snomed: str
    icd10: str
    text: str
    ages: tuple[int, int]
    shares: tuple[float, float]  # at the first age, at the last
    medicines: tuple[str, ...] = ()
    sex: str = ""


@dataclass(frozen=True, slots=True)
class Drug:
    """A medicine as it is ordered: RxNorm's name of it, the short text of the chart, and how it is taken."""

    rxnorm: str
    display: str
    text: str
    dosage: str


@dataclass(frozen=True, slots=True)
class Stay:
    """A reason to be in hospital, and what the stay does to the medicines."""

    snomed: str
    icd10: str
    text: str
    days: tuple[int, int]
    complexity: str  # high or moderate medical decision making
    service: str  # the specialty that sees them afterwards, "" for primary care
    started: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    children: bool = False


PROBLEMS = {
    "hypertension": Problem("59621000", "I10", "Essential hypertension", (30, 90), (0.08, 0.75), ("lisinopril-10", "amlodipine-5", "hctz-25")),
    "diabetes": Problem("44054006", "E11.9", "Type 2 diabetes mellitus", (30, 85), (0.03, 0.3), ("metformin-500", "glargine")),
    "lipids": Problem("55822004", "E78.5", "Hyperlipidemia", (35, 85), (0.1, 0.5), ("atorvastatin-40",)),
    "heart-failure": Problem("48447003", "I50.9", "Chronic heart failure", (50, 92), (0.02, 0.28), ("furosemide-40", "metoprolol-50", "lisinopril-10")),
    "afib": Problem("49436004", "I48.91", "Atrial fibrillation", (55, 92), (0.03, 0.24), ("apixaban-5", "metoprolol-50")),
    "cad": Problem("53741008", "I25.10", "Coronary arteriosclerosis", (50, 90), (0.04, 0.3), ("aspirin-81", "atorvastatin-40", "clopidogrel-75")),
    "copd": Problem("13645005", "J44.9", "Chronic obstructive lung disease", (50, 88), (0.04, 0.2), ("albuterol",)),
    "asthma": Problem("195967001", "J45.909", "Asthma", (4, 60), (0.12, 0.08), ("albuterol",)),
    "kidney": Problem("433144002", "N18.30", "Chronic kidney disease stage 3", (50, 92), (0.03, 0.28), ("losartan-50",)),
    "depression": Problem("35489007", "F32.A", "Depressive disorder", (16, 90), (0.08, 0.14), ("sertraline-50",)),
    "anxiety": Problem("21897009", "F41.1", "Generalized anxiety disorder", (14, 70), (0.08, 0.07), ("sertraline-50",)),
    "arthritis": Problem("396275006", "M19.90", "Osteoarthritis", (45, 92), (0.08, 0.5), ("acetaminophen-325", "ibuprofen-200")),
    "thyroid": Problem("40930008", "E03.9", "Hypothyroidism", (30, 90), (0.03, 0.12), ("levothyroxine-75",)),
    "reflux": Problem("235595009", "K21.9", "Gastroesophageal reflux disease", (25, 85), (0.06, 0.18), ("omeprazole-20",)),
    "osteoporosis": Problem("64859006", "M81.0", "Osteoporosis", (60, 95), (0.08, 0.35), (), "female"),
    "dementia": Problem("52448006", "F03.90", "Dementia", (70, 98), (0.03, 0.35), ("donepezil-10",)),
    "back-pain": Problem("279039007", "M54.50", "Low back pain", (20, 75), (0.06, 0.12), ("ibuprofen-200",)),
    "migraine": Problem("37796009", "G43.909", "Migraine", (14, 60), (0.08, 0.06), ()),
    "anemia": Problem("87522002", "D50.9", "Iron deficiency anemia", (14, 90), (0.04, 0.08), ("ferrous-325",)),
    "obesity": Problem("414916001", "E66.9", "Obesity", (12, 80), (0.12, 0.22), ()),
    "eczema": Problem("24079001", "L20.9", "Atopic dermatitis", (0, 20), (0.1, 0.05), ()),
    "breast-cancer": Problem("254837009", "C50.919", "Malignant neoplasm of breast", (40, 85), (0.06, 0.12), ("anastrozole-1",), "female"),
    "prostate-cancer": Problem("399068003", "C61", "Malignant tumor of prostate", (55, 90), (0.05, 0.12), (), "male"),
    "colon-cancer": Problem("363406005", "C18.9", "Malignant tumor of colon", (50, 88), (0.03, 0.06), ("ondansetron-4",)),
    "lung-cancer": Problem("363358000", "C34.90", "Malignant tumor of lung", (50, 85), (0.03, 0.05), ("ondansetron-4",)),
}  # fmt: skip
CANCERS = ("breast-cancer", "prostate-cancer", "colon-cancer", "lung-cancer")
HEART = ("heart-failure", "afib", "cad")

DRUGS = {
    "lisinopril-10": Drug("314076", "lisinopril 10 MG Oral Tablet", "lisinopril 10 mg", "1 tablet once a day"),
    "amlodipine-5": Drug("197361", "amlodipine 5 MG Oral Tablet", "amlodipine 5 mg", "1 tablet once a day"),
    "hctz-25": Drug("310798", "hydrochlorothiazide 25 MG Oral Tablet", "hydrochlorothiazide 25 mg", "1 tablet in the morning"),
    "losartan-50": Drug("979492", "losartan potassium 50 MG Oral Tablet", "losartan 50 mg", "1 tablet once a day"),
    "metformin-500": Drug("861007", "metformin hydrochloride 500 MG Oral Tablet", "metformin 500 mg", "1 tablet with breakfast and supper"),
    "glargine": Drug("311041", "insulin glargine 100 UNT/ML Injectable Solution", "insulin glargine 100 units/mL", "18 units at bedtime"),
    "atorvastatin-40": Drug("617311", "atorvastatin 40 MG Oral Tablet", "atorvastatin 40 mg", "1 tablet in the evening"),
    "furosemide-40": Drug("313988", "furosemide 40 MG Oral Tablet", "furosemide 40 mg", "1 tablet in the morning"),
    "furosemide-80": Drug("197732", "furosemide 80 MG Oral Tablet", "furosemide 80 mg", "1 tablet in the morning"),
    "spironolactone-25": Drug("313096", "spironolactone 25 MG Oral Tablet", "spironolactone 25 mg", "1 tablet once a day"),
    "metoprolol-50": Drug("866436", "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet", "metoprolol succinate 50 mg", "1 tablet once a day"),
    "apixaban-5": Drug("1364445", "apixaban 5 MG Oral Tablet", "apixaban 5 mg", "1 tablet twice a day"),
    "warfarin-5": Drug("855332", "warfarin sodium 5 MG Oral Tablet", "warfarin 5 mg", "1 tablet at 17:00, as the clinic says"),
    "aspirin-81": Drug("243670", "aspirin 81 MG Oral Tablet", "aspirin 81 mg", "1 tablet once a day"),
    "clopidogrel-75": Drug("309362", "clopidogrel 75 MG Oral Tablet", "clopidogrel 75 mg", "1 tablet once a day"),
    "levothyroxine-75": Drug("966222", "levothyroxine sodium 0.075 MG Oral Tablet", "levothyroxine 75 mcg", "1 tablet before breakfast"),
    "omeprazole-20": Drug("198051", "omeprazole 20 MG Delayed Release Oral Capsule", "omeprazole 20 mg", "1 capsule before breakfast"),
    "sertraline-50": Drug("312941", "sertraline 50 MG Oral Tablet", "sertraline 50 mg", "1 tablet once a day"),
    "albuterol": Drug("745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler", "albuterol inhaler", "2 puffs every 4 hours as needed"),
    "prednisone-20": Drug("312615", "prednisone 20 MG Oral Tablet", "prednisone 20 mg", "2 tablets a day for 5 days"),
    "gabapentin-300": Drug("310431", "gabapentin 300 MG Oral Capsule", "gabapentin 300 mg", "1 capsule three times a day"),
    "acetaminophen-325": Drug("313782", "acetaminophen 325 MG Oral Tablet", "acetaminophen 325 mg", "2 tablets every 6 hours as needed"),
    "ibuprofen-200": Drug("310965", "ibuprofen 200 MG Oral Tablet", "ibuprofen 200 mg", "2 tablets every 6 hours as needed"),
    "donepezil-10": Drug("997223", "donepezil hydrochloride 10 MG Oral Tablet", "donepezil 10 mg", "1 tablet at bedtime"),
    "anastrozole-1": Drug("199224", "anastrozole 1 MG Oral Tablet", "anastrozole 1 mg", "1 tablet once a day"),
    "ondansetron-4": Drug("198052", "ondansetron 4 MG Oral Tablet", "ondansetron 4 mg", "1 tablet every 8 hours as needed"),
    "ferrous-325": Drug("310325", "ferrous sulfate 325 MG Oral Tablet", "ferrous sulfate 325 mg", "1 tablet once a day"),
    "azithromycin-250": Drug("308460", "azithromycin 250 MG Oral Tablet", "azithromycin 250 mg", "1 tablet a day for 4 days"),
    "cephalexin-500": Drug("309114", "cephalexin 500 MG Oral Capsule", "cephalexin 500 mg", "1 capsule four times a day for 7 days"),
}  # fmt: skip

STAYS = {
    "heart-failure": Stay("443253003", "I50.23", "Acute on chronic systolic heart failure", (3, 6), "high", "Cardiology",
                          ("furosemide-80", "spironolactone-25"), ("ibuprofen-200",)),
    "afib": Stay("49436004", "I48.91", "Atrial fibrillation", (1, 3), "moderate", "Cardiology", ("apixaban-5",)),
    "nstemi": Stay("401314000", "I21.4", "Acute non-ST segment elevation myocardial infarction", (2, 4), "high", "Cardiology", ("clopidogrel-75", "atorvastatin-40"), ("ibuprofen-200",)),
    "fever": Stay("409089005", "D70.9", "Febrile neutropenia", (3, 6), "high", "Oncology", ("ondansetron-4",)),
    "dehydration": Stay("34095006", "E86.0", "Dehydration", (1, 2), "moderate", "Oncology", ("ondansetron-4",), ("hctz-25",)),
    "hip": Stay("5913000", "S72.001A", "Fracture of neck of femur", (4, 7), "high", "Orthopedics", ("acetaminophen-325",), ("ibuprofen-200",)),
    "uti": Stay("68566005", "N39.0", "Urinary tract infection", (2, 4), "moderate", "", ("cephalexin-500",)),
    "pneumonia": Stay("233604007", "J18.9", "Pneumonia", (2, 5), "moderate", "", ("azithromycin-250",)),
    "sepsis": Stay("91302008", "A41.9", "Sepsis", (4, 8), "high", "", ("cephalexin-500",)),
    "bleed": Stay("74474003", "K92.2", "Gastrointestinal hemorrhage", (2, 5), "high", "", ("omeprazole-20", "ferrous-325"), ("ibuprofen-200", "aspirin-81")),
    "copd": Stay("195951007", "J44.1", "Acute exacerbation of chronic obstructive airways disease", (2, 4), "high", "Pulmonology", ("prednisone-20", "azithromycin-250")),
    "kidney": Stay("14669001", "N17.9", "Acute kidney injury", (2, 4), "moderate", "Nephrology", (), ("ibuprofen-200", "lisinopril-10")),
    "cellulitis": Stay("128045006", "L03.90", "Cellulitis", (1, 3), "moderate", "", ("cephalexin-500",)),
    "ketoacidosis": Stay("420422005", "E11.10", "Diabetic ketoacidosis", (2, 4), "high", "Endocrinology", ("glargine",)),
    "knee": Stay("239873007", "M17.9", "Osteoarthritis of knee", (1, 3), "moderate", "Orthopedics", ("acetaminophen-325", "gabapentin-300")),
    "asthma": Stay("281239006", "J45.901", "Exacerbation of asthma", (1, 2), "moderate", "", ("prednisone-20",), (), True),
    "bronchiolitis": Stay("4120002", "J21.9", "Acute bronchiolitis", (1, 3), "moderate", "", (), (), True),
}  # fmt: skip

ALLERGIES = {
    "91936005": ("Allergy to penicillin", ("247472004", "Hives"), "low"),
    "91939003": ("Allergy to sulfonamide", ("271807003", "Rash"), "low"),
    "91935009": ("Allergy to peanut", ("39579001", "Anaphylaxis"), "high"),
    "300913006": ("Allergy to shellfish", ("39579001", "Anaphylaxis"), "high"),
    "300916003": ("Allergy to latex", ("271807003", "Rash"), "low"),
    "293586001": ("Allergy to aspirin", ("267036007", "Shortness of breath"), "high"),
}

# code, name, unit, UCUM, usual range, category
MEASURES = {
    "weight": ("29463-7", "Body weight", "lb", "[lb_av]", (110.0, 240.0), "vital-signs"),
    "height": ("8302-2", "Body height", "in", "[in_i]", (58.0, 75.0), "vital-signs"),
    "pulse": ("8867-4", "Heart rate", "/min", "/min", (58.0, 96.0), "vital-signs"),
    "oxygen": ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", "%", "%", (92.0, 99.0), "vital-signs"),
    "a1c": ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", "%", (6.4, 9.8), "laboratory"),
    "creatinine": ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL", (0.6, 2.1), "laboratory"),
    "potassium": ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", "mmol/L", (3.4, 5.2), "laboratory"),
    "hemoglobin": ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", "g/dL", (9.4, 15.8), "laboratory"),
    "ldl": ("13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation", "mg/dL", "mg/dL", (58.0, 168.0), "laboratory"),
    "bnp": ("30934-4", "Natriuretic peptide B [Mass/volume] in Serum or Plasma", "pg/mL", "pg/mL", (80.0, 900.0), "laboratory"),
    "walk": ("64098-7", "Six minute walk test", "m", "m", (180.0, 420.0), "exam"),
    "phq9": ("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]", "{score}", "{score}", (3.0, 17.0), "survey"),
}  # fmt: skip

VACCINES = {"140": "Influenza, seasonal, injectable, preservative free", "33": "Pneumococcal polysaccharide PPV23", "115": "Tdap"}
CVX = "http://hl7.org/fhir/sid/cvx"
