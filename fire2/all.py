"""What a user and the notebooks need, in one import: `from fire2.all import *`"""
from fire2.imports import *

# errors
from fire2.core import InputError, reuse_memory
# data
from fire2.data.images import read_image
from fire2.data.files import find_images
from fire2.data.core import Benchmark, Protocol
from fire2.data.build import mk_benchmark, split_val
from fire2.data.datasets import READERS, load_benchmark, reader
from fire2.data.synth import load_truth, synth_benchmark
from fire2.data.transforms import reid_tfms
from fire2.data.load import reid_dls
# network
from fire2.layers.far import FAR
from fire2.backbones import create_backbone
from fire2.weights import load_weights
from fire2.models import FIRe2Net, ReidOut, load_net, save_weights
from fire2.hub import model_card
# losses
from fire2.losses import AttrAwareLoss, BatchHardTriplet, CosineClassifier, FIRe2Loss
# clusters
from fire2.cluster import Clusters, cluster_identities, clusters_of, jaccard_distance
from fire2.agreement import agreement, churn, known_factors, shuffled_clusters
from fire2.callback.whiten import Whiten, between_whitening
# training
from fire2.recipe import PRESETS, Recipe, recipe
from fire2.callback.schedule import EpochLR, StageSwitch, l2_adam
from fire2.callback.ffm import FFM, show_clusters
from fire2.callback.history import History, LossTerms, StopIfNotFinite
from fire2.callback.state import SaveState
from fire2.callback.best import KeepBest
from fire2.callback.distrib import Distributed
from fire2.learner import FIRe2Learner, fire2_callbacks, fire2_learner
# evaluation
from fire2.features import extract_features
from fire2.metrics import CONVENTIONS, ReidMetrics, plot_cmc, reid_metrics, reid_metrics_all
from fire2.rerank import k_reciprocal_rerank
from fire2.evaluate import Embeddings, embed_protocols, evaluate, protocol_metrics, ranked_list, show_ranks
from fire2.queries import worst_queries
from fire2.saliency import show_shares
from fire2.interpret import ReidInterpretation
# search, and one person or two
from fire2.gallery import Gallery
from fire2.assign import chance_alike  # and Gallery.assign, Gallery.merge_ids
from fire2.found import show_found
from fire2.decide import Decision, calibrate, decision_of, same_person
# somebody else's embeddings
from fire2.vectors import read_embeddings, write_embeddings
from fire2.score import Comparison, breakdown, compare, score
# export
from fire2.export import export_net
# person or clothes
from fire2.probe import Probe, probe
