#include "operators/table.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "operators/axis_maps.hpp"
#include "operators/circular_convolution.hpp"
#include "operators/composed_operator.hpp"
#include "operators/mask_operator.hpp"
#include "operators/separable_operator.hpp"

namespace lvtino {
namespace {

Boundary read_boundary(const SpecReader& spec, const char* fallback) {
  const std::string name = spec.choice("boundary", {.doc = "what lies beyond the ends of the axis",
                                                    .choices = {"replicate", "reflect", "circular", "zero"},
                                                    .fallback = fallback});
  if (name == "replicate") return Boundary::replicate;
  if (name == "reflect") return Boundary::reflect;
  return name == "circular" ? Boundary::circular : Boundary::zero;
}

std::vector<double> read_taps(const SpecReader& spec) {
  const std::string kind = spec.choice("kernel", {.doc = "shape of the kernel",
                                                  .choices = {"uniform", "gaussian", "taps"},
                                                  .fallback = "uniform"});
  const std::int64_t size = spec.integer("size", {.doc = "number of taps of a uniform kernel",
                                                  .fallback = 7, .low = 1, .high = 4096});
  const double sigma = spec.number("sigma", {.doc = "standard deviation of a Gaussian kernel, samples",
                                             .fallback = 1.5, .low = 0, .high = 1000, .above_low = true});
  const auto taps = spec.numbers("taps", {.doc = "given taps, used where kernel is \"taps\"",
                                          .fallback = std::vector<double>{1}, .least = 1, .most = 4096});
  if (kind == "uniform") return uniform_taps(size);
  return kind == "gaussian" ? gaussian_taps(sigma) : taps;
}

OperatorPtr separable(const char* name, const Shape& d, const Placement& p, AxisMap t, AxisMap h,
                      AxisMap w) {
  return std::make_shared<SeparableOperator>(name, d, p, std::move(t), std::move(h), std::move(w));
}

AxisMap same(std::int64_t length) { return AxisMap::identity(length); }

OperatorPtr identity(const SpecReader&, const Shape& d, const Placement& p) {
  return separable("identity", d, p, same(d[2]), same(d[3]), same(d[4]));
}

OperatorPtr temporal_average(const SpecReader& spec, const Shape& d, const Placement& p) {
  const std::int64_t factor = spec.integer("factor", {.doc = "frames averaged into one", .low = 1});
  const std::string tail = spec.choice("tail", {.doc = "a last, incomplete window repeats the last frame or is dropped",
                                                .choices = {"replicate", "drop"},
                                                .fallback = "replicate"});
  return separable("temporal_average", d, p,
                   average(d[2], factor, tail == "drop" ? Tail::drop : Tail::replicate), same(d[3]),
                   same(d[4]));
}

OperatorPtr temporal_blur(const SpecReader& spec, const Shape& d, const Placement& p) {
  const std::vector<double> taps = read_taps(spec);
  return separable("temporal_blur", d, p, blur(d[2], taps, read_boundary(spec, "replicate")),
                   same(d[3]), same(d[4]));
}

OperatorPtr spatial_blur(const SpecReader& spec, const Shape& d, const Placement& p) {
  const std::vector<double> taps = read_taps(spec);
  const Boundary boundary = read_boundary(spec, "reflect");
  return separable("spatial_blur", d, p, same(d[2]), blur(d[3], taps, boundary),
                   blur(d[4], taps, boundary));
}

OperatorPtr spatial_decimation(const SpecReader& spec, const Shape& d, const Placement& p) {
  const std::int64_t factor = spec.integer("factor", {.doc = "pixels to one, on both axes", .low = 1});
  const std::string name = spec.choice("filter", {.doc = "anti-aliasing filter",
                                                  .choices = {"bicubic", "bilinear", "area", "lanczos"},
                                                  .fallback = "bicubic"});
  const std::string centre = spec.choice("centre", {.doc = "where sample j is taken: published: factor j + 1/2; block: the middle of the block",
                                                    .choices = {"published", "block"},
                                                    .fallback = "published"});
  const Boundary boundary = read_boundary(spec, "reflect");
  const Filter filter = name == "bicubic" ? Filter::bicubic
                        : name == "bilinear" ? Filter::bilinear
                        : name == "area" ? Filter::area
                                         : Filter::lanczos;
  const double offset = centre == "published" ? 0.5 : double(factor - 1) / 2;
  return separable("spatial_decimation", d, p, same(d[2]),
                   decimate(d[3], factor, filter, boundary, offset),
                   decimate(d[4], factor, filter, boundary, offset));
}

OperatorPtr mask(const SpecReader& spec, const Shape& d, const Placement& p) {
  const double keep = spec.number("keep", {.doc = "probability that a pixel is seen", .fallback = 0.5,
                                           .low = 0, .high = 1});
  const bool each_frame = spec.flag("each_frame", {.doc = "draw a new mask for each frame",
                                                   .fallback = true});
  const std::int64_t seed = spec.integer("seed", {.doc = "seed of the mask", .fallback = 0, .low = 0});
  const Rng rng = Rng(std::uint64_t(seed)).fork("mask");
  return std::make_shared<MaskOperator>(d, p, random_mask(d, p, keep, each_frame, rng));
}

OperatorPtr circular_convolution(const SpecReader& spec, const Shape& d, const Placement& p) {
  const auto size = spec.numbers("size", {.doc = "taps in time, height and width", .least = 3,
                                          .most = 3, .low = 1, .high = 512});
  const auto taps = spec.numbers("taps", {.doc = "kernel values, width fastest", .least = 1,
                                          .most = 1 << 20});
  for (double count : size)
    if (count != std::floor(count))
      throw spec.error("size", text("expected whole numbers of taps, got ", count));
  const Shape shape = {std::int64_t(size[0]), std::int64_t(size[1]), std::int64_t(size[2])};
  if (element_count(shape) != std::int64_t(taps.size()))
    throw spec.error("taps", text("expected ", element_count(shape), " numbers for a kernel ",
                                  to_string(shape), ", got ", taps.size()));
  return std::make_shared<CircularConvolution>(d, p, at::tensor(taps, at::kDouble).reshape(shape));
}

OperatorPtr composition(const SpecReader& spec, const Shape& d, const Placement& p) {
  std::vector<OperatorPtr> stages;
  for (const SpecReader& stage : spec.children("operators", "stages, the first acts first", 1, 16))
    stages.push_back(operator_table().make(stage, stages.empty() ? d : stages.back()->range(), p));
  return compose(stages);
}

}  // namespace

const Registry<OperatorFactory>& operator_table() {
  static const Registry<OperatorFactory> table(
      "operator",
      {{"identity", "y = x", R"({"type": "identity"})", identity},
       {"temporal_average", "average of consecutive frames (lower frame rate)",
        R"({"type": "temporal_average", "factor": 4})", temporal_average},
       {"temporal_blur", "convolution in time (motion blur at full frame rate)",
        R"({"type": "temporal_blur", "kernel": "uniform", "size": 7, "boundary": "circular"})",
        temporal_blur},
       {"spatial_decimation", "anti-aliased decimation of both spatial axes",
        R"({"type": "spatial_decimation", "factor": 4, "filter": "bicubic"})", spatial_decimation},
       {"spatial_blur", "the same convolution along height and width",
        R"({"type": "spatial_blur", "kernel": "gaussian", "sigma": 1.5})", spatial_blur},
       {"mask", "keeps a random part of the pixels (inpainting)",
        R"({"type": "mask", "keep": 0.5})", mask},
       {"circular_convolution", "3-D convolution with periodic boundaries, by FFT",
        R"({"type": "circular_convolution", "size": [1, 3, 3],
            "taps": [0, 0.125, 0, 0.125, 0.5, 0.125, 0, 0.125, 0]})",
        circular_convolution},
       {"compose", "operators one after the other; separable ones become one",
        R"({"type": "compose", "operators": [{"type": "temporal_average", "factor": 4},
            {"type": "spatial_decimation", "factor": 4}]})",
        composition}});
  return table;
}

}  // namespace lvtino
