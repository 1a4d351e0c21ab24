"What every fire2 module after `core` starts from"
from .imports import *
from .core import *
