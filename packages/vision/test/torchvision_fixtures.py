"""Writes torchvision's results for functional.test.ts. Usage: torchvision_fixtures.py fixtures/torchvision.json"""
import json, sys, torch
torch.library.register_fake = lambda *a, **k: (lambda f: f)  # the C++ ops are for another build of torch
import torchvision
import torchvision.transforms.functional as F
from torchvision.transforms import InterpolationMode as I
import torchvision.utils as U
torch.manual_seed(0)
def image(c, h, w, dtype):
    x = torch.randint(0, 256, (c, h, w), dtype=torch.uint8)
    return x if dtype == torch.uint8 else x.to(torch.float32).div(255)
def dump(t): return {"shape": list(t.shape), "dtype": str(t.dtype)[6:], "data": [float("%.7g" % v) for v in t.flatten().tolist()] if t.is_floating_point() else t.flatten().tolist()}
cases = []; inputs = []
def index(x):
    d = dump(x)
    if d not in inputs: inputs.append(d)
    return inputs.index(d)
def add(name, fn, args, x, **kw):
    cases.append({"name": name, "args": args, "input": index(x), "output": dump(fn(x))})
N, B, C, E = I.NEAREST, I.BILINEAR, I.BICUBIC, I.NEAREST_EXACT
for dt in (torch.uint8, torch.float32):
    a = image(3, 7, 10, dt); g = image(1, 8, 8, dt)
    for size in ([4, 5], [13, 9], [7, 3]):
        for m, n in ((B, "bilinear"), (C, "bicubic")):
            for aa in (True, False):
                if n == "bicubic" and dt == torch.uint8: continue
                add("resize", lambda x: F.resize(x, size, m, antialias=aa), [size, {"interpolation": n, "antialias": aa}], a)
        add("resize", lambda x: F.resize(x, size, N), [size, {"interpolation": "nearest"}], a)
        add("resize", lambda x: F.resize(x, size, E), [size, {"interpolation": "nearest-exact"}], a)
    add("resize", lambda x: F.resize(x, 5), [5], a)
    add("resize", lambda x: F.resize(x, 5, max_size=6), [5, {"maxSize": 6}], a)
    for pm in ("constant", "edge", "reflect", "symmetric"):
        add("pad", lambda x: F.pad(x, [2, 1, 3, 0], padding_mode=pm), [[2, 1, 3, 0], {"paddingMode": pm}], a)
    add("pad", lambda x: F.pad(x, [2], fill=1), [2, {"fill": 1}], a)
    add("hflip", F.hflip, [], a); add("vflip", F.vflip, [], a)
    add("crop", lambda x: F.crop(x, 1, 2, 4, 5), [1, 2, 4, 5], a)
    add("crop", lambda x: F.crop(x, -2, 6, 5, 7), [-2, 6, 5, 7], a)
    for s in ([4, 5], [3, 3], [11, 4], [12, 13]):
        add("centerCrop", lambda x: F.center_crop(x, s), [s], a)
    for m, n in ((N, "nearest"), (B, "bilinear")):
        for kw in (dict(angle=17.3, translate=[1, -2], scale=1.2, shear=[4.0, -7.0]), dict(angle=-133.0, translate=[0, 0], scale=0.7, shear=[0.0, 0.0]), dict(angle=10.0, translate=[0, 0], scale=1.0, shear=[0.0, 0.0], center=[0, 0])):
            for fill in (None, 0.25 if dt == torch.float32 else 90):
                add("affine", lambda x: F.affine(x, interpolation=m, fill=None if fill is None else [float(fill)], **kw), [{**kw, "interpolation": n, "fill": fill}], a)
        for angle in (90.0, 31.0):
            for ex in (False, True):
                add("rotate", lambda x: F.rotate(x, angle, m, expand=ex), [angle, {"interpolation": n, "expand": ex}], g if angle == 90 else a)
    for k in (1, 3): add("rgbToGrayscale", lambda x: F.rgb_to_grayscale(x, k), [k], a)
    for f in (0.4, 1.7):
        add("adjustBrightness", lambda x: F.adjust_brightness(x, f), [f], a)
        add("adjustContrast", lambda x: F.adjust_contrast(x, f), [f], a)
        add("adjustSaturation", lambda x: F.adjust_saturation(x, f), [f], a)
    for f in (-0.3, 0.1, 0.5): add("adjustHue", lambda x: F.adjust_hue(x, f), [f], a)
    for d in (torch.float32, torch.uint8, torch.int16, torch.float64):
        add("convertImageDtype", lambda x: F.convert_image_dtype(x, d), [str(d)[6:]], a)
x = image(3, 5, 4, torch.float32)
add("normalize", lambda x: F.normalize(x, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]), [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], x)
b = torch.randn(5, 3, 4, 6)
add("makeGrid", lambda x: U.make_grid(x, nrow=3, padding=1, pad_value=0.5), [{"nrow": 3, "padding": 1, "padValue": 0.5}], b)
add("makeGrid", lambda x: U.make_grid(x, nrow=2, normalize=True), [{"nrow": 2, "normalize": True}], b)
add("makeGrid", lambda x: U.make_grid(x, nrow=2, normalize=True, scale_each=True), [{"nrow": 2, "normalize": True, "scaleEach": True}], b)
add("makeGrid", lambda x: U.make_grid(x, normalize=True, value_range=(-1, 1)), [{"normalize": True, "valueRange": [-1, 1]}], b)
add("makeGrid", lambda x: U.make_grid(x), [], torch.rand(1, 1, 3, 3))
add("makeGrid", lambda x: U.make_grid(x, padding=1), [{"padding": 1}], torch.rand(4, 1, 3, 3))
json.dump({"madeWith": {"torch": torch.__version__, "torchvision": torchvision.__version__}, "inputs": inputs, "cases": cases}, open(sys.argv[1], "w"), separators=(",", ":"))
print(len(cases))
