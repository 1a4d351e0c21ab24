"""What a user and the notebooks need, in one import: `from fire2.all import *`"""
from fire2.imports import *
from fire2.core import *
from fire2.data.render import *
from fire2.data.images import *
from fire2.data.files import *
from fire2.data.ids import *
from fire2.data.core import *
from fire2.data.datasets import *
from fire2.data.synth import *
from fire2.data.transforms import *
from fire2.data.sampler import *
from fire2.data.load import *
from fire2.layers.far import *
from fire2.backbones import *
from fire2.weights import *
from fire2.models import *
from fire2.losses import *
from fire2.features import *
from fire2.cluster import *
from fire2.agreement import *
from fire2.metrics import *
from fire2.rerank import *
from fire2.evaluate import *
from fire2.saliency import *
from fire2.decide import Decision, calibrate, decide, decision_of, same_person
from fire2.score import Comparison, breakdown, compare, match_paths, read_embeddings, read_feats, score
from fire2.recipe import *
from fire2.callback.schedule import *
from fire2.callback.ffm import *
from fire2.callback.history import *
from fire2.callback.state import *
from fire2.callback.best import *
from fire2.callback.whiten import *
from fire2.callback.distrib import *
from fire2.learner import *
from fire2.interpret import *
from fire2.gallery import *
from fire2.export import *
from fire2.cli import (fire2_check, fire2_compare, fire2_embed, fire2_eval, fire2_export, fire2_index, fire2_report,
                       fire2_score, fire2_search, fire2_synth, fire2_train)
