"""Accounts of the portal, whose records they may open, and their ways in."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SERIAL: models.BigAutoField[int, int] = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    """Two tables; nobody who works here is touched."""

    dependencies = [("web", "0001_initial")]
    operations = [
        migrations.AlterField("Account", "practitioner", models.CharField(max_length=64, blank=True)),
        migrations.CreateModel(
            name="Guest",
            fields=[
                ("id", SERIAL),
                ("person", models.CharField(max_length=80, unique=True)),
                ("since", models.DateTimeField(auto_now_add=True)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="WayIn",
            fields=[
                ("id", SERIAL.clone()),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("email", models.EmailField(max_length=254)),
                ("person", models.CharField(max_length=80, blank=True)),
                ("code", models.CharField(max_length=64, blank=True)),
                ("tries", models.IntegerField(default=0)),
                ("expires", models.DateTimeField()),
                ("used", models.DateTimeField(null=True)),
            ],
        ),
    ]
