"""Input of the pages: what a browser sends becomes typed values, or an error beside its field."""

from tokens.forms.debug import DebugForm
from tokens.forms.deletion import DeleteForm
from tokens.forms.policy.token import TokenForm
from tokens.forms.rotation import RotateForm
from tokens.forms.signing_key import SigningKeyForm
from tokens.forms.tryout import Trial, TryoutForm

__all__ = ["DebugForm", "DeleteForm", "RotateForm", "SigningKeyForm", "TokenForm", "Trial", "TryoutForm"]
