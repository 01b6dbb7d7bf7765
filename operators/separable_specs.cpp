#include <algorithm>
#include <cmath>

#include "operators/operator_specs.hpp"
#include "operators/separable_operator.hpp"

namespace lvtino::specs {
namespace {

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

OperatorPtr separable_of(const char* name, const Shape& d, const Placement& p, AxisMap t, AxisMap h,
                      AxisMap w) {
  return std::make_shared<SeparableOperator>(name, d, p, std::move(t), std::move(h), std::move(w));
}

AxisMap same(std::int64_t length) { return AxisMap::identity(length); }

Tail read_tail(const SpecReader& spec) {
  return spec.choice("tail", {.doc = "a last, incomplete window repeats the last frame or is dropped",
                              .choices = {"replicate", "drop"},
                              .fallback = "replicate"}) == "drop"
             ? Tail::drop
             : Tail::replicate;
}

// Weights of R, G, B in the luma of the two television standards.
constexpr double kRec601[] = {0.299, 0.587, 0.114};
constexpr double kRec709[] = {0.2126, 0.7152, 0.0722};

AxisMap grey_map(const std::vector<double>& weights) {
  return AxisMap(3, {{{0, weights[0]}, {1, weights[1]}, {2, weights[2]}}});
}

// `count` samples from `first` on; a count of 0 reaches to the end.
AxisMap range_of_axis(const SpecReader& spec, const char* first_key, const char* count_key,
                      std::int64_t length) {
  const std::int64_t first = spec.integer(first_key, {.doc = "first one kept", .fallback = 0, .low = 0});
  const std::int64_t count = spec.integer(count_key, {.doc = "how many are kept; 0: to the end",
                                                      .fallback = 0, .low = 0});
  return pick(length, first, 1, count == 0 ? std::max<std::int64_t>(length - first, 1) : count);
}

}  // namespace

Boundary read_boundary(const SpecReader& spec, const char* fallback) {
  const std::string name = spec.choice("boundary", {.doc = "what lies beyond the ends of the axis",
                                                    .choices = {"replicate", "reflect", "circular", "zero"},
                                                    .fallback = fallback});
  if (name == "replicate") return Boundary::replicate;
  if (name == "reflect") return Boundary::reflect;
  return name == "circular" ? Boundary::circular : Boundary::zero;
}

OperatorPtr identity(const SpecReader&, const Shape& d, const Placement& p) {
  return separable_of("identity", d, p, same(d[2]), same(d[3]), same(d[4]));
}

OperatorPtr temporal_average(const SpecReader& spec, const Shape& d, const Placement& p) {
  const std::int64_t factor = spec.integer("factor", {.doc = "frames averaged into one", .low = 1});
  return separable_of("temporal_average", d, p, average(d[2], factor, read_tail(spec)), same(d[3]),
                      same(d[4]));
}

OperatorPtr temporal_blur(const SpecReader& spec, const Shape& d, const Placement& p) {
  const std::vector<double> taps = read_taps(spec);
  return separable_of("temporal_blur", d, p, blur(d[2], taps, read_boundary(spec, "replicate")),
                   same(d[3]), same(d[4]));
}

OperatorPtr spatial_blur(const SpecReader& spec, const Shape& d, const Placement& p) {
  const std::vector<double> taps = read_taps(spec);
  const Boundary boundary = read_boundary(spec, "reflect");
  return separable_of("spatial_blur", d, p, same(d[2]), blur(d[3], taps, boundary),
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
  return separable_of("spatial_decimation", d, p, same(d[2]),
                   decimate(d[3], factor, filter, boundary, offset),
                   decimate(d[4], factor, filter, boundary, offset));
}

OperatorPtr shutter(const SpecReader& spec, const Shape& d, const Placement& p) {
  const double ratio = spec.number("ratio", {.doc = "source frames an output frame, any number >= 1",
                                             .low = 1, .high = 1e6});
  const double exposure = spec.number("exposure", {.doc = "part of the output frame's time that the shutter is open",
                                                   .fallback = 1.0, .low = 0, .high = 1, .above_low = true});
  return separable_of("shutter", d, p, lvtino::shutter(d[2], ratio, exposure, read_tail(spec)),
                      same(d[3]), same(d[4]));
}

OperatorPtr frame_dropping(const SpecReader& spec, const Shape& d, const Placement& p) {
  const std::int64_t factor = spec.integer("factor", {.doc = "every factor-th frame is kept", .low = 1,
                                                      .high = 1 << 20});
  const std::int64_t offset = spec.integer("offset", {.doc = "the first frame kept", .fallback = 0, .low = 0});
  const std::int64_t count = offset < d[2] ? (d[2] - offset + factor - 1) / factor : 0;
  return separable_of("frame_dropping", d, p, pick(d[2], offset, factor, count), same(d[3]), same(d[4]));
}

OperatorPtr crop(const SpecReader& spec, const Shape& d, const Placement& p) {
  AxisMap t = range_of_axis(spec, "first_frame", "frames", d[2]);
  AxisMap h = range_of_axis(spec, "top", "height", d[3]);
  return separable_of("crop", d, p, std::move(t), std::move(h),
                      range_of_axis(spec, "left", "width", d[4]));
}

OperatorPtr grey(const SpecReader& spec, const Shape& d, const Placement& p) {
  const std::string kind = spec.choice("weights", {.doc = "of red, green and blue",
                                                   .choices = {"rec601", "rec709", "given"},
                                                   .fallback = "rec709"});
  const auto given = spec.numbers("coefficients", {.doc = "used where weights is \"given\"",
                                                   .fallback = std::vector<double>{1.0 / 3, 1.0 / 3, 1.0 / 3},
                                                   .least = 3, .most = 3, .low = -1e3, .high = 1e3});
  const std::vector<double> weights = kind == "given"    ? given
                                      : kind == "rec601" ? std::vector<double>(kRec601, kRec601 + 3)
                                                         : std::vector<double>(kRec709, kRec709 + 3);
  return std::make_shared<SeparableOperator>(
      "grey", d, p, SeparableMaps{grey_map(weights), same(d[2]), same(d[3]), same(d[4])});
}

}  // namespace lvtino::specs
