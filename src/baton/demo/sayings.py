"""What the town's people say and write: each thing in several ways, so that no two teams say it word for word.

`vary` turns the first way into that of somebody's turn (their team's place, their own number): no dice, and nothing is slower for it.
"""

# ruff: noqa: E501 - sentences are read by the row

from __future__ import annotations

from typing import Final


def vary(text: str, turn: int) -> str:
    """The same thing as somebody else says it; a sentence that has no other ways stays as it is."""
    ways = VARIED.get(text)
    return ways[turn % len(ways)] if ways else text


TALKS: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "en": (
        {
            "worry": "I get out of breath when I make the bed. It was not so last week.",
            "ask": "Can you come on Thursday at half past nine? Please tell me yes or no.",
            "home": "The bed and the walker come tomorrow between nine and noon. Somebody must open the door.",
            "yes": "Yes, I will be there.", "said": "They will be there: all is said.",
            "ride": "I have no ride to the clinic on Friday.", "ridden": "I will find you a ride and call you tomorrow.", "owe": "Find a ride for Friday",
            "paper": "The paper for the handicap placard is in the mail.", "thanks": "Thank you, the paper came.", "over": "They have it, and said thank you.",
            "subject": "Who knows the landlord?", "staff": "The heating is off again. Has anybody of us spoken with the landlord before?",
            "letter": "What does the letter mean?", "unclear": "The letter says to stop the blood thinner before, and not for how long. Shall I ask them?",
            "office": "Your letter says to stop the blood thinner before the visit. For how many days, please?", "desk": "R. Lind, front desk", "answer": "Two days before. The doctor adds it to the letter today.",
            "called": "Has food for the week. Wants the next visit in the morning.", "hours": "after five, works by day",
        },
        {
            "worry": "The new pill makes me dizzy when I stand up. Do I go on with it?",
            "ask": "The lung clinic has a place on Wednesday at two. Does that suit you?",
            "home": "The nurse comes for the first time tomorrow afternoon. Please have all pill bottles on the table.",
            "yes": "They are all in a bag by the door.", "said": "The bag is packed: nothing is left to answer.",
            "ride": "My son cannot take me to the lung doctor after all.", "ridden": "I ask Bay Riders, and tell you who comes.", "owe": "Book Bay Riders for the lung clinic",
            "paper": "The form for the lower electricity rate is in the mail. Sign on page two.", "thanks": "Signed and sent, thank you.", "over": "Signed and sent back.",
            "subject": "Is there a second number?", "staff": "Neither the house nor the mobile answers since Monday. Has anybody of us another number?",
            "letter": "Which inhaler is it?", "unclear": "Their list has two blue inhalers. I ask the office which one stays.",
            "office": "Your list names two rescue inhalers. Which one is to be used, and is the other to be stopped?", "desk": "M. Osei, nurse", "answer": "Only the one with the counter. The other is stopped.",
            "called": "Walks to the mailbox again. Asks for large print.", "hours": "mornings; sleeps after lunch",
        },
        {
            "worry": "My left ankle is thicker than the right since Sunday. Is that the heart?",
            "ask": "The heart clinic can see you on Friday at ten past eight. Can you be there so early?",
            "home": "The scale comes by mail tomorrow. Step on it before breakfast and write the number down.",
            "yes": "I have a notebook for it.", "said": "Knows what to do with it.",
            "ride": "The clinic moved to the third floor, and the elevator there is broken.", "ridden": "I ask them for a room on the ground floor.", "owe": "Ask the clinic for a room without stairs",
            "paper": "The list of what holds how much salt is in the mail.", "thanks": "It hangs in the kitchen now.", "over": "It hangs in the kitchen.",
            "subject": "Who teaches the scale?", "staff": "Lives alone and cannot read the numbers. Does one of us know a scale that speaks?",
            "letter": "Is the test before or after?", "unclear": "The order says blood test, with no date. I ask whether it must be there before the visit.",
            "office": "Is the blood test to be done before the visit, and how many days before?", "desk": "J. Park, scheduling", "answer": "At least three days before, not fasting.",
            "called": "The weight is the same for four days. Keeps to the list of salt.", "hours": "any time, carries the telephone along",
        },
        {
            "worry": "My mouth is so sore since the infusion that I eat only soup.",
            "ask": "Blood is drawn on Tuesday at nine, before the infusion. Do I send the van?",
            "home": "The pharmacy brings the nausea medicine tonight after six. Take it before it begins, not after.",
            "yes": "Good. My sister will let them in.", "said": "The sister opens the door.",
            "ride": "Can the infusion be later? My girl begins school at eight.", "ridden": "I ask for the chair at ten, and let you know.", "owe": "Ask for an infusion chair at ten",
            "paper": "The letter for your employer is in the mail. It does not say why.", "thanks": "They took it without a question. Thank you.", "over": "The employer took it.",
            "subject": "Who has been to the house?", "staff": "The van drove past twice and could not find the door. Has anybody of us been there?",
            "letter": "Who orders the scan?", "unclear": "They write that a scan should be done, but ordered none. I ask them.",
            "office": "Your note asks for a scan. Is it ordered by you, or is it to be ordered here?", "desk": "D. Varga, referrals", "answer": "We order it. The clinic calls about the day this week.",
            "called": "Could eat. The second week is the worse one: call then.", "hours": "text first, then call",
        },
        {
            "worry": "I could not find the way home from the pharmacy yesterday. A neighbor brought me.",
            "ask": "Doctor Ashworth could see you and your daughter together on Monday at eleven. Does that work?",
            "home": "The rail for the bath is put up on Friday. Until then please wash at the basin, with somebody near.",
            "yes": "I will wait for it.", "said": "Somebody is there until Friday.",
            "ride": "I forget these dates. Can somebody ring me on the morning of it?", "ridden": "One of us rings you at eight that day.", "owe": "Ring on the morning of the visit",
            "paper": "The card with all your medicines is in the mail, in large print.", "thanks": "Now I can read it myself.", "over": "Has it, and can read it.",
            "subject": "Who goes on with the daughter?", "staff": "Two of us called her this week about the same thing. Who goes on with it?",
            "letter": "Do they have an interpreter?", "unclear": "Nothing in their answer says that an interpreter comes. I ask.",
            "office": "Please book a qualified interpreter for the visit. Can you say that it is done?", "desk": "A. Reyes, office", "answer": "It is booked for the whole visit.",
            "called": "The stove has its shut-off now. The daughter answers after six.", "hours": "after six, and not on Sundays",
        },
        {
            "worry": "My sugar was 61 in the night and I shook. I ate a roll, and it went up.",
            "ask": "The first talk can be by video on Wednesday at four. Have you a quiet room for it?",
            "home": "The meter and the strips are at Alder Street Pharmacy from noon. Bring the yellow card.",
            "yes": "I fetch them after work.", "said": "Fetches them: no answer is needed.",
            "ride": "If I go on Tuesday I lose the shift.", "ridden": "I look for an evening. Give me until tomorrow.", "owe": "Find an evening that costs no shift",
            "paper": "The letter to the landlord is in the mail, with a copy for you.", "thanks": "He called me about the heating.", "over": "The landlord answered.",
            "subject": "Which pharmacy takes the plan?", "staff": "The strips were refused a second time. Who knows a pharmacy that takes this plan?",
            "letter": "Is the wheelchair ramp open?", "unclear": "Comes in a wheelchair, and their ramp was closed last month. I ask the office.",
            "office": "The visit is by wheelchair. Is the ramp at the side entrance open again?", "desk": "S. Holm, front desk", "answer": "Yes, since Monday. Ring at the side door.",
            "called": "Has strips for ten days. Works nights, sleeps until noon.", "hours": "between shifts, noon to two",
        },
    ),
    "es": (
        {
            "worry": "Me falta el aire al hacer la cama. La semana pasada no era así.",
            "ask": "¿Puede venir el jueves a las nueve y media? Dígame sí o no, por favor.",
            "home": "La cama y el andador llegan mañana entre las nueve y las doce. Alguien debe abrir la puerta.",
            "yes": "Sí, estaré ahí.", "ride": "No tengo quien me lleve a la clínica el viernes.", "ridden": "Le busco quien le lleve y le llamo mañana.",
            "paper": "El papel para el permiso de estacionamiento va por correo.", "thanks": "Gracias, llegó el papel.",
        },
        {
            "worry": "La pastilla nueva me marea al levantarme. ¿Sigo con ella?",
            "ask": "La clínica de pulmón tiene lugar el miércoles a las dos. ¿Le conviene?",
            "home": "La enfermera viene por primera vez mañana por la tarde. Tenga todos los frascos sobre la mesa, por favor.",
            "yes": "Están todos en una bolsa junto a la puerta.", "ride": "Al final mi hijo no puede llevarme al doctor del pulmón.", "ridden": "Pregunto en Bay Riders y le digo quién viene.",
            "paper": "La forma para la tarifa de luz más baja va por correo. Firme en la página dos.", "thanks": "Firmada y enviada, gracias.",
        },
        {
            "worry": "Desde el domingo tengo el tobillo izquierdo más grueso que el otro. ¿Es del corazón?",
            "ask": "La clínica del corazón puede verle el viernes a las ocho y diez. ¿Puede estar tan temprano?",
            "home": "La báscula llega mañana por correo. Súbase antes del desayuno y apunte el número.",
            "yes": "Tengo un cuaderno para eso.", "ride": "La clínica se mudó al tercer piso y el elevador no funciona.", "ridden": "Les pido un cuarto en la planta baja.",
            "paper": "La lista de cuánta sal tiene cada cosa va por correo.", "thanks": "Ya está colgada en la cocina.",
        },
        {
            "worry": "Desde la infusión tengo la boca tan lastimada que solo como sopa.",
            "ask": "La sangre se saca el martes a las nueve, antes de la infusión. ¿Mando la camioneta?",
            "home": "La farmacia trae la medicina para las náuseas hoy después de las seis. Tómela antes de que empiecen, no después.",
            "yes": "Bueno. Mi hermana les abre.", "ride": "¿Puede ser más tarde la infusión? Mi niña entra a la escuela a las ocho.", "ridden": "Pido la silla de las diez y le aviso.",
            "paper": "La carta para su trabajo va por correo. No dice por qué.", "thanks": "La aceptaron sin preguntar. Gracias.",
        },
        {
            "worry": "Ayer no encontré el camino de la farmacia a la casa. Me trajo una vecina.",
            "ask": "La doctora Ashworth puede verle junto con su hija el lunes a las once. ¿Les conviene?",
            "home": "El viernes ponen la barra del baño. Hasta entonces lávese en el lavabo, con alguien cerca, por favor.",
            "yes": "Espero a que la pongan.", "ride": "Se me olvidan estas fechas. ¿Alguien puede llamarme esa mañana?", "ridden": "Uno de nosotros le llama a las ocho ese día.",
            "paper": "La tarjeta con todas sus medicinas va por correo, en letra grande.", "thanks": "Ahora la puedo leer sin ayuda.",
        },
        {
            "worry": "En la noche tenía el azúcar en 61 y temblaba. Comí un pan y subió.",
            "ask": "La primera plática puede ser por video el miércoles a las cuatro. ¿Tiene un cuarto tranquilo?",
            "home": "El medidor y las tiras están en Alder Street Pharmacy desde el mediodía. Lleve la tarjeta amarilla.",
            "yes": "Los recojo después del trabajo.", "ride": "Si voy el martes pierdo el turno.", "ridden": "Busco una hora por la tarde. Deme hasta mañana.",
            "paper": "La carta para el dueño de la casa va por correo, con una copia para usted.", "thanks": "Me llamó por la calefacción.",
        },
    ),
}  # fmt: skip
"""The talks of one team, in the order of the teams: what patients and coordinators write, and what is noted about it in English."""


Concern = tuple[str, str, str, str, str]
CONCERNS: Final[tuple[tuple[Concern, ...], ...]] = (  # what was said, what it is about, how it was answered, what was agreed, what was said in the end
    (
        ("I lie awake and listen to whether I still breathe.", "fear", "That is frightening, and many feel it after the hospital.", "Nurse calls each evening this week.", "I sleep again."),
        ("What if I fall and nobody hears me?", "fear", "Lying there alone is a hard thought. It is not silly to think it.", "A button to wear comes on Wednesday.", "I wear it, even in the bath."),
        ("At every stitch in the chest I think: this is it.", "fear", "Each twinge is loud after a heart attack. We go through which ones count.", "The sheet of warning signs on the refrigerator; a call on Friday.", "I know now which ones to call about."),
        ("I am afraid of the machine, not of the cancer.", "fear", "The tube is narrow, and you may say stop at any time.", "A look at the room on the day before.", "I did it, with my eyes closed."),
        ("They will put me in a home.", "fear", "You want to stay where you are, and you heard talk behind the door.", "A talk with your son in which you speak first.", "He promised to ask me first."),
        ("I have not opened the letter. I am afraid of what it says.", "fear", "Letters grow while they are closed. We open it together.", "We open it on Tuesday at ten.", "It was only about the parking."),
    ),
    (
        ("I do not want to be a burden to my daughter.", "family", "You said that you worry about her. She will hear it from you, if you like.", "A talk of the three of us on Thursday.", ""),
        ("My husband does not sleep because of me.", "family", "You hear him walk at night, and it weighs on you.", "Somebody else sits up two nights a week, to begin with.", ""),
        ("We quarrel about salt at every meal.", "family", "It is meant as care and feels like a guard.", "Cook once with the dietitian, both of you.", ""),
        ("How do I tell the children?", "family", "You want to tell them yourself, and not too late.", "The child life specialist, on Monday after school.", ""),
        ("My sister wants the house, and I only want peace.", "family", "You are asked to decide what you do not want to decide.", "A family meeting, with one of us in the chair.", ""),
        ("My brother says that I should pull myself together.", "family", "That hurts from somebody so close. It is an illness, and he may not know.", "He comes along to the next talk, if you still want it.", ""),
    ),
    (
        ("Who pays for all this?", "money", "I hear that the bills weigh on you. We look at them together.", "", ""),
        ("The inhaler costs more than the electricity.", "money", "To choose between the two is no choice. We ask for a cheaper one.", "", ""),
        ("If I cannot go back to work, we lose the house.", "money", "That is a lot at once. Let us begin with the letter for your work.", "", ""),
        ("The wig alone is four hundred dollars.", "money", "Nobody told you about the vouchers. There are some.", "", ""),
        ("I save on the heating so that it lasts.", "money", "To be cold in order to save is too much to ask of oneself.", "", ""),
        ("At the counter they said that my card is empty.", "money", "That is humiliating in front of everybody. We call them together.", "", ""),
    ),
    (
        ("I miss him at the table.", "grief", "", "", ""),
        ("Tomorrow is our wedding day, and she is not here.", "grief", "", "", ""),
        ("The dog died, and the house is so still.", "grief", "", "", ""),
        ("I do not know whether I will see him finish school.", "grief", "", "", ""),
        ("All my friends are in the cemetery.", "grief", "", "", ""),
        ("I was somebody before I lost the job.", "grief", "", "", ""),
    ),
    (
        ("They speak about me as if I were not in the room.", "", "", "", ""),
        ("I do not understand half of what the doctor writes.", "", "", "", ""),
        ("I wait for the telephone, and it does not ring.", "", "", "", ""),
        ("Nobody has told me whether the treatment works.", "", "", "", ""),
        ("Everybody hurries me.", "", "", "", ""),
        ("I have told my story five times now.", "", "", "", ""),
    ),
)  # fmt: skip
"""Five concerns, each as it is said in each team."""

GOALS: Final = (  # by team: in their words, how sure they are, what helps, how it goes
    (("Walk to the corner and back every day", 8, "", "better"), ("Cook one meal without salt each day", 5, "My neighbor cooks with me on Mondays.", ""), ("Take the pills before the morning news", 9, "", "reached")),
    (("Climb to the second floor without a rest", 7, "", "better"), ("Three evenings without a cigarette", 4, "My brother stops too.", ""), ("Use the spacer every time", 9, "", "reached")),
    (("Stand long enough to wash the dishes", 7, "", "better"), ("Go to the pool once a week", 6, "The pass is free for me.", ""), ("Write my weight down each morning", 9, "", "reached")),
    (("Sit on the porch each afternoon", 8, "", "better"), ("Eat something at noon, however small", 7, "My sister leaves it ready.", ""), ("Rinse my mouth after each meal", 9, "", "reached")),
    (("Be dressed before nine", 7, "", "better"), ("Call my grandson on Sundays", 8, "He showed me the tablet.", ""), ("Sleep in the bed, not in the chair", 8, "", "reached")),
    (("Ride the bus to the library", 8, "", "better"), ("Put ten dollars aside each week", 5, "The bank does it by itself.", ""), ("Measure my sugar before I drive", 9, "", "reached")),
)  # fmt: skip
OWN_GOALS: Final = (  # what matters to those in a program, how sure they are, what is in the way
    ("Walk to church again", 8, "Afraid of falling"), ("Fish with my grandson", 6, "Gets short of breath"),
    ("Sleep through the night", 5, "Pain at night"), ("Back to driving the bus", 7, "Letter for work is missing"),
    ("Cook for the family on Sundays", 9, "Tired after noon"), ("Sing in the choir at Easter", 6, "Not enough breath for two verses"),
    ("Plant tomatoes in May", 8, "Cannot kneel"), ("See my sister in Fall River", 7, "No ride so far out"),
    ("Be at the wedding in June", 9, "Treatment falls on that week"), ("Play cards on Thursdays again", 8, "Does not hear the others"),
    ("Go down to the water each morning", 7, "The steps have no rail"), ("Keep the dog", 9, "Cannot walk him twice a day"),
    ("Carry the groceries up myself", 5, "Weak in the arms since the hospital"), ("Work half days from spring on", 6, "Dizzy by eleven"),
    ("Have Thanksgiving at my own table", 9, "Cannot stand at the stove"), ("Read to the little one at night", 8, "New glasses are not paid for"),
    ("Drive to the barber", 6, "Afraid of low sugar at the wheel"), ("Stay out of the hospital until summer", 7, "Does not know when to call"),
    ("Dance at the club on Saturday", 5, "Knee gives way"), ("Finish the quilt", 8, "Hands are numb"),
    ("Vote in person", 9, "The hall has stairs"), ("Take the ferry once more", 7, "Needs oxygen along"),
    ("Teach my nephew the boat", 6, "Tired for two days after each infusion"),
)  # fmt: skip

VARIED: Final[dict[str, tuple[str, ...]]] = {each[0]: each for each in (
    # calls
    ("Rang eight times.", "No answer, no machine.", "Rang out twice, ten minutes apart.", "The line was busy, then nobody.", "Rang out; tried before supper, when they are in.", "Nobody picked up; the mailbox is full."),
    ("Safe voicemail, no details.", "Left our number and nothing else.", "Asked to be called back, said only the first name.", "Machine with their own voice: our number, no reason.", "Left word that we try again in the morning.", "Voicemail in the wife’s voice: number only."),
    (
        "Feels well. Has the new medicines, knows what stopped and whom to call.", "Better each day. The daughter filled the pill box; knows the two new ones.",
        "Slept flat for the first time. Weighs every morning, has the number of the clinic.", "Eats again. No fever; thermometer is by the bed, knows when to call.",
        "Up and about with the walker. Old pills are in a bag for the pharmacy.", "Has strips and insulin, wrote down two days of numbers.",
    ),
    (
        "Seen, stable, weight steady. Next call in a week.", "Seen, breathing easier. Inhaler gone through once more.", "Two pounds less than at discharge, ankles slim. Dose stays.",
        "Counts are good enough for the next cycle.", "Steady on the stairs with the rail. Therapist comes twice more.", "Sugar between 110 and 180. Brings the book next time.",
    ),
    ("Short of breath on stairs.", "Tired, coughs at night.", "Sleeps on two pillows."),
    (
        "The plan was gone through; knows the next step and whom to call.", "Doing what was agreed but for the walks: too cold. Will go to the mall.",
        "One question for the doctor, written down for Tuesday.", "Missed two evenings of pills; the box goes next to the toothbrush.",
        "Good month. Wants to see the numbers at the next visit.", "Refill was late, has it now. Asked for automatic refills.",
        "Sounded low. Spoke of the brother; will be asked again next week.", "Home alone until Friday; neighbor has the key.",
        "Knows the warning signs by heart. Next call in four weeks.", "New telephone; number changed with us and with the clinic.",
        "Eats better since the meals come. Likes the soups.", "Will bring all bottles to the visit.", "Pain is down to three. Walked to the bus stop.",
        "Wants fewer papers. We send one page from now on.",
    ),
    # work logged in a program
    ("Call about weight and breath", "Call about sugar and shoes", "Call about sleep and appetite", "Call about pain and bowels", "Call about falls and the stairs", "Call about the cough and the inhaler", "Call about mood, and who was there this week"),
    ("Arranged the ride", "Booked the van with a lift", "Changed the day with the clinic", "Refill asked for, and called back", "Form for the meals filled in", "Interpreter booked for the visit"),
    ("Spoke with the clinic", "Spoke with the pharmacy about the dose", "Read the letter of the specialist", "Asked for the last results", "Spoke with the home nurse"),
    ("Went over the plan together", "Went over the medicines, bottle by bottle", "Went over the book of weights", "Went over what to do on a bad day", "Went over the goals, one was changed"),
    ("Went through what comes now, with the family", "First talk, with her son beside her", "Went through the first weeks, and who is called at night", "First talk: what matters, what frightens"),
    ("Known to the clinic; the list of problems lags behind", "Told by the patient and the last letter; the code is still to come", "In the specialist’s note, not yet on our list", "Diagnosed in hospital; the summary is on its way"),
    ("Enough calls already", "Wants to do it alone for now", "Too many people know already", "Not before the holidays"),
    ("With a sister until after the holidays", "Out of state with the children", "In rehabilitation for three weeks"),
    ("You always called back.", "I knew whom to ask.", "You did not talk over my head.", "It was good to have one name.", "Somebody remembered my dog."),
    ("To stay in my own kitchen", "To die at home when it comes to that", "That my husband is looked after", "To hear the birds in the morning", "Not to be moved again", "To know my grandchildren’s names", "To decide for myself"),
    # kept, closed, put off
    (
        "Done, they know.", "Done; told the daughter.", "They have it in writing.", "Came through this morning.", "Settled by telephone.", "Done at the second try.", "It is arranged; they are glad.",
        "Handed over in person.", "Sent by fax and confirmed.", "Done, and in the book for next year.", "No longer open: they did it themselves.",
    ),
    (
        "The ward read the summary to me; it is on its way by fax.", "Found it in the hospital’s portal and filed it.", "The clinic had a copy and sent it over.", "Medical records sent it by Direct after the third call.",
        "The resident dictated it today; it came at four.", "The doctor’s office faxed theirs.",
    ),
    ("Looked at together: the phase goes on.", "Looked at with the doctor: one more month as it is.", "Looked at: on the way, slower than thought.", "Gone through; the next look is before spring."),
    (
        "Done at the visit.", "Done by telephone, with the book in front of them.", "Done with the daughter on the line.", "The nurse did it at home.", "Done in the waiting room.", "Done; a copy went home with them.",
        "Done together, it took half an hour.", "The clinic had it done already.",
    ),
    ("The daughter was asked at the clinic this week.", "The husband was asked when he brought her.", "Asked on the telephone, in the evening.", "The home nurse asked the son."),
    ("Asked at the infusion center this week.", "Asked in the waiting room before the cycle.", "The nurse asked beside the chair."),
    ("Asked by the practice this week.", "The clinic asked on paper; the answers are there.", "Asked at the blood draw.", "Asked last week by the nurse at home.", "The specialist asked, and wrote it down.", "Answered in the portal of the practice."),
    ("Away at her sister’s until then", "Out of town for a funeral", "Wants to wait for the check", "Office reopens then", "Son decides with them at the weekend", "In the respite house this week"),
    (
        "Gone through with the list from the hospital; one duplicate stopped.", "All three lists agree now; the old water pill is out of the house.", "Gone through bottle by bottle; the dose of the evening pill was halved.",
        "One question to the cardiologist is open; the rest is as ordered.", "Nothing changed: takes what the hospital wrote.", "Two inhalers for the same thing; keeps the newer one.",
    ),
    ("It has become a habit.", "Most days it works.", "Easier than I thought.", "On good days, yes.", "My daughter reminds me.", "I wrote it on the calendar."),
    # teach-back
    (
        "Said it in other words, and right.", "Showed it with the box in hand.", "Told it to his wife as if she did not know.", "Had it written down, and knew it without looking.", "Knew the number to call.", "Drew it on the back of the sheet.",
        "Right at once, and asked why it is so.", "Right, with the interpreter’s help.",
    ),
    ("Mixed up two of them.", "Knew the pill and not the hour.", "Would wait too long before calling.", "Right in the end, not the first time.", "Forgot the second sign."),
    ("Not today, she said.", "Tired, wants to do it tomorrow.", "Says the nurse told him already.", "Would rather have her son there."),
    # referrals
    ("The rest follows by fax", "The results are sent as soon as they are here", "They have the older papers", "Agreed with the office by telephone", "The office asked to have it now"),
    (
        "Changes go to the primary care practice.", "New dose from tonight; pharmacy knows.", "Keep as it is; look again in spring.", "Read with the doctor: one more test.", "Agrees with ours. Copy to the practice.", "The patient gets it on one page.",
    ),
    ("Glad that it has a name now.", "Relieved, had thought of worse.", "Wants to read the letter himself.", "Asked what it means for work.", "Not surprised. Has told the children.", "Took it calmly; wife wrote it down."),
    ("Seen, letter follows", "Was here today, report by the end of the week", "Seen; waiting for one result", "Examined, no surprise so far"),
    ("No new patients before spring", "Does not take this insurance", "Full for twelve weeks", "Asks for an MRI first"),
    ("No machine until next week", "The machine is being repaired", "No technician on these days"),
    ("The ride did not come", "Overslept after a bad night", "Had mixed up the clinics"),
    ("The doctor is ill until next month", "The clinic closed that week", "The doctor was called to surgery"),
    ("Moved away", "Wants no more tests", "Goes to the old doctor instead"),
    # going home
    ("Home oxygen, 2 L/min: no delivery time yet", "Hospital bed: the dealer has none before Thursday", "Walker with a seat: order lies with the plan since Monday", "Wound pump: form sent back for one signature"),
    ("Wheelchair van with oxygen: three companies asked", "Stretcher van: first free one is tomorrow noon", "The son has the car and works until eight", "Ramp at home is too steep for the chair; the van asks for a second man"),
    ("Still on oxygen at night", "Fever last night", "Therapist wants one more round of stairs", "Waits for the second hemoglobin", "The daughter comes only tomorrow"),
    ("Her ride was there; the pharmacist calls her at home", "Did not want to wait for the papers; we bring them", "Bed was needed; the nurse comes tonight", "The family insisted; everything else goes by telephone"),
    ("Transferred for surgery", "Moved to the cardiac unit of another house", "Goes on to hospice from the ward"),
    ("Blood culture, final", "Biopsy of the stomach", "Thyroid, repeated", "Sputum for tuberculosis", "Urine culture"),
    ("takes two of the same blood pressure pill", "takes the old water pill and the new one", "takes the blood thinner twice a day, it says once"),
    ("May I drive again?", "How long do I wear the stockings?", "When may I bathe?"),
    # charts, applications
    ("Walk to the corner store without stopping", "Climb the stairs to church", "Sleep flat again", "Mow the lawn in two halves", "Carry the laundry down", "Go to the ball game on foot"),
    ("Sugar under control without night-time lows", "No more fear of the night", "Get back under eight by summer", "Eat rice again without a spike", "Come off the second insulin", "Keep my feet as they are", "Drive again without worry about lows", "A sugar that the doctor smiles at"),
    ("Feel like myself again", "Laugh with my sister", "Get up when the alarm rings", "Want to cook again", "Pick up the guitar", "Answer the telephone when it rings"),
    ("Fit into my wedding suit", "Tie my shoes without sitting down", "Ride the bicycle with the boy", "Two sizes down by June", "Go up on the roof again"),
    ("Play with my grandchildren in the yard", "Walk the length of the pier", "Sing one hymn to the end", "Wash the car myself", "Go dancing once before summer"),
    ("Lives alone, check heat and food", "Lives alone; neighbor in 2B has a key", "Lives alone, does not hear the bell: ring twice", "Lives alone, burners left on once", "Lives alone; rail on one side of the stairs only"),
    ("Fall risk", "Fall risk: two falls this year", "Fall risk at night, light in the hall"),
    ("The rest follows by mail", "Deadline is near; papers are brought in person", "The office takes the rest at the appointment", "The bank sends the statement itself"),
)}  # fmt: skip
"""A sentence, and all the ways it is said; the first is the one that stories use."""
