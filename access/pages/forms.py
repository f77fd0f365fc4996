"""The forms of the doors."""

from django import forms

CODE_BOX = {"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false", "size": "24"}


class CodeForm(forms.Form):
    """One code."""

    code = forms.CharField(
        label="Code",
        max_length=60,
        widget=forms.TextInput(attrs={**CODE_BOX, "autofocus": True}),
        error_messages={"required": "Enter the code."},
    )


class JoinForm(forms.Form):
    """The account that somebody who was invited makes for themselves."""

    username = forms.CharField(
        label="Name for signing in",
        max_length=150,
        help_text="Letters, digits and @ . + - _",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Choose a name for signing in."},
    )
    name = forms.CharField(
        label="Your name",
        max_length=290,
        help_text="As it stands beside what you do, such as Anna Berg.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Enter your name: others see who did what."},
    )
    password = forms.CharField(
        label="Password",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Choose a password."},
    )
    again = forms.CharField(
        label="Password again",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Enter the password again."},
    )

    def clean(self) -> dict[str, object]:
        """Refuse two passwords that differ."""
        cleaned = super().clean() or {}
        first, again = cleaned.get("password"), cleaned.get("again")
        if first and again and first != again:
            self.add_error("again", "The two passwords are not the same.")
        return cleaned
