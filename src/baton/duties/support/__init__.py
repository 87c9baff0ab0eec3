"""Education and support: lessons, worries, goals, questionnaires, and the ninth question."""
