"""What the duties answer when they refuse, said here so that it is known in every language; `labels.refusal` looks it up."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as lazy

REFUSALS = (
    lazy("The promise is closed already."),
    lazy("Say why it is closed."),
    lazy("There is no closed promise to open again."),
    lazy("Say why it can wait."),
    lazy("Choose a day that is still to come."),
    lazy("It is due before that day."),
    lazy("Say on whom it waits."),
    lazy("There is nobody of that name to hand it to."),
    lazy("A closed promise is opened again only with a reason."),
    lazy("The episode is over: nothing new is promised in it."),
    lazy("This promise belongs to no running transition."),
    lazy("Medicines are reconciled by a prescriber, a clinical pharmacist or a registered nurse whose licence is in force."),
    lazy("Nobody here has such a licence yet."),
    lazy("These can:"),
    lazy("These days are closed already."),
    lazy("There is no such closure any more."),
    lazy("Say what is asked for."),
    lazy("There is nobody of that name to refer to."),
    lazy("Say why."),
    lazy("Only a referral that was declined or failed is sent to somebody else."),
    lazy("It is still under way: ask for its cancellation instead."),
    lazy("That is not what is owed now."),
    lazy("Say what follows from the result."),
    lazy("Say how the patient was told."),
    lazy("Choose why the chart must be opened."),
    lazy("Say in your own words why; another reason needs ten words at least."),
    lazy("Say it in at most 500 characters."),
    lazy("A chart is opened for 5 minutes to 24 hours."),
    lazy("Nobody waits for an answer to this any more."),
    lazy("Nobody approves what they asked for themselves."),
    lazy("This glass is whole already."),
    lazy("This was answered already."),
    lazy("Choose what was found."),
    lazy("Say in a sentence how you know."),
)
