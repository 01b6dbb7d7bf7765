#include "operators/table.hpp"

#include "operators/composed_operator.hpp"
#include "operators/operator_specs.hpp"
#include "operators/stack_operator.hpp"

namespace lvtino {
namespace {

OperatorPtr composition(const SpecReader& spec, const Shape& d, const Placement& p) {
  std::vector<OperatorPtr> stages;
  for (const SpecReader& stage : spec.children("operators", "stages, the first acts first", 1, 16))
    stages.push_back(operator_table().make(stage, stages.empty() ? d : stages.back()->range(), p));
  return compose(stages);
}

OperatorPtr stack(const SpecReader& spec, const Shape& d, const Placement& p) {
  std::vector<OperatorPtr> parts;
  for (const SpecReader& part : spec.children("operators", "measured together, all on the same video", 1, 16))
    parts.push_back(operator_table().make(part, d, p));
  return std::make_shared<StackOperator>(std::move(parts));
}

}  // namespace

const Registry<OperatorFactory>& operator_table() {
  static const Registry<OperatorFactory> table(
      "operator",
      {{"identity", "y = x", R"({"type": "identity"})", specs::identity},
       {"temporal_average", "average of consecutive frames (lower frame rate)",
        R"({"type": "temporal_average", "factor": 4})", specs::temporal_average},
       {"temporal_blur", "convolution in time (motion blur at full frame rate)",
        R"({"type": "temporal_blur", "kernel": "uniform", "size": 7, "boundary": "circular"})",
        specs::temporal_blur},
       {"shutter", "exposure time: any real frame-rate ratio, shutter open for a part of it",
        R"({"type": "shutter", "ratio": 2.5, "exposure": 0.5})", specs::shutter},
       {"frame_dropping", "keeps every factor-th frame, without averaging",
        R"({"type": "frame_dropping", "factor": 3, "offset": 1})", specs::frame_dropping},
       {"crop", "a box of frames, rows and columns",
        R"({"type": "crop", "first_frame": 1, "frames": 2, "top": 2, "height": 8, "left": 1, "width": 9})",
        specs::crop},
       {"spatial_decimation", "anti-aliased decimation of both spatial axes",
        R"({"type": "spatial_decimation", "factor": 4, "filter": "bicubic"})", specs::spatial_decimation},
       {"spatial_blur", "the same convolution along height and width",
        R"({"type": "spatial_blur", "kernel": "gaussian", "sigma": 1.5})", specs::spatial_blur},
       {"psf", "point spread function of two dimensions: motion, taps or a file, five border rules",
        R"({"type": "psf", "kernel": "motion", "length": 6.5, "angle": 30})", specs::psf},
       {"grey", "colour to grey", R"({"type": "grey", "weights": "rec709"})", specs::grey},
       {"bayer", "colour mosaic of a sensor, one colour a pixel",
        R"({"type": "bayer", "pattern": "RGGB"})", specs::bayer},
       {"mask", "hides pixels: drawn at random, boxes, or a file (inpainting)",
        R"({"type": "mask", "keep": 0.5})", specs::mask},
       {"circular_convolution", "3-D convolution with periodic boundaries, by FFT",
        R"({"type": "circular_convolution", "size": [1, 3, 3],
            "taps": [0, 0.125, 0, 0.125, 0.5, 0.125, 0, 0.125, 0]})",
        specs::circular_convolution},
       {"compose", "operators one after the other; separable ones become one",
        R"({"type": "compose", "operators": [{"type": "temporal_average", "factor": 4},
            {"type": "spatial_decimation", "factor": 4}]})",
        composition},
       {"stack", "several operators on the same video, measured together",
        R"({"type": "stack", "operators": [{"type": "temporal_average", "factor": 4},
            {"type": "spatial_decimation", "factor": 4}]})",
        stack}});
  return table;
}

}  // namespace lvtino
