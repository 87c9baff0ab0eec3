"""The coordinators' pages: one module and one folder of templates per duty."""
