"What every fire2 module starts from: the standard library's and the stack's common names"
import csv, hashlib, json, math, os, random, re, sys, time, warnings
from collections import defaultdict, namedtuple
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np, pandas as pd, torch, torch.nn.functional as F
from torch import nn, tensor, Tensor
from fastcore.all import *

# fastai decorates a few functions with torch.jit.script, which recent torch deprecates at import
warnings.filterwarnings('ignore', message='.*torch.jit.script.*', category=FutureWarning)
warnings.filterwarnings('ignore', message='.*torch.jit.script.*', category=DeprecationWarning)
