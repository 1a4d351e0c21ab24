"""Do exports give the network's numbers? `python tools/export_parity.py [ARCH ...]` writes nbs/results/export.csv

Every architecture with and without whitening, as ONNX (run by onnxruntime) and as torch.export's archive, on rendered people in batches of
1, 3 and 8. Weights are random; the norms' statistics are those of the images, so that different images have different embeddings.
"""
import datetime, sys, tempfile, time
from pathlib import Path
import onnxruntime, pandas as pd, timm, torch
from fire2.all import FIRe2Net, extract_features, export_net, between_whitening, load_image, synth_benchmark
torch.set_num_threads(1)
ARCHS = sys.argv[1:] or ['resnet50', 'mobilenet_v2', 'timm/tf_efficientnet_lite0', 'timm/vit_tiny_patch16_224', 'timm/convnext_atto']
SIZE, OUT = (128, 64), Path(__file__).parent.parent/'nbs/results/export.csv'

def network(arch, df, whiten):
    "A network whose embeddings of these images differ"
    torch.manual_seed(0); net = FIRe2Net(2, arch, size=SIZE)
    x = torch.stack([load_image(p, SIZE) for p in df.path]).float()/255
    with torch.no_grad():
        for _ in range(30): net.backbone(x); net.train()(x)
    net.eval()
    if whiten: net.set_whiten(between_whitening(extract_features(net, df, show=False), *map(torch.tensor, (df.pid, df.clothid)), shrink=1.))
    return net

rows = []
with tempfile.TemporaryDirectory() as d:
    bm = synth_benchmark(f'{d}/people', n_ids=2, n_test_ids=4, n_outfits=2, n_cams=2, n_views=2, size=SIZE)
    images = bm.protocols[0].gallery.path.tolist()[:12]
    for arch in ARCHS:
        for whiten in (False, True):
            net = network(arch, bm.train, whiten)
            for to, end in (('onnx', '.onnx'), ('torch', '.pt2')):
                t, f = time.process_time(), Path(d)/f'net{end}'
                try: p, why = export_net(net, f, images, to), ''
                except Exception as e: p, why = {}, f'{type(e).__name__}: {e}'[:200]
                rows.append(dict(arch=arch, whitened=whiten, to=to) | p | dict(batches=' '.join(map(str, p.get('batches', []))), refused=why,
                    MB=round(f.stat().st_size/1e6, 1) if p else None, seconds=round(time.process_time() - t, 1), torch=torch.__version__.split('+')[0],
                    timm=timm.__version__, onnxruntime=onnxruntime.__version__, date=datetime.date.today().isoformat()))
                print({k: v for k, v in rows[-1].items() if k not in ('torch', 'timm', 'onnxruntime', 'date')}, flush=True)
                f.unlink(missing_ok=True)
pd.DataFrame(rows).to_csv(OUT, index=False)
