#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "operators/circular_convolution.hpp"
#include "operators/mask_operator.hpp"
#include "operators/mosaic_operator.hpp"
#include "operators/motion_kernel.hpp"
#include "operators/operator_specs.hpp"
#include "operators/psf_operator.hpp"
#include "operators/spec_array.hpp"

namespace lvtino::specs {
namespace {

std::vector<HiddenBox> read_boxes(const SpecReader& spec, const Shape& d) {
  std::vector<HiddenBox> out;
  const auto extent = [](const SpecReader& box, const char* first_key, const char* count_key,
                         std::int64_t length, std::int64_t& first, std::int64_t& count) {
    first = box.integer(first_key, {.doc = "first one hidden", .fallback = 0, .low = 0});
    count = box.integer(count_key, {.doc = "how many are hidden; 0: to the end", .fallback = 0, .low = 0});
    if (count == 0) count = length - first;
  };
  for (const SpecReader& box : spec.children("boxes", "hidden boxes, used where kind is \"boxes\"", 0,
                                             10000, Json::array())) {
    HiddenBox& b = out.emplace_back();
    extent(box, "first_frame", "frames", d[2], b.first_frame, b.frames);
    extent(box, "top", "height", d[3], b.top, b.height);
    extent(box, "left", "width", d[4], b.left, b.width);
  }
  return out;
}

// [H, W] or [T, H, W] of zeros and ones, broadcasting to the video.
Tensor mask_of_file(const SpecReader& spec, const std::string& name, const Shape& d) {
  const Tensor values = read_spec_array(spec, "file", name);
  const Shape found = shape_of(values), frame = {d[3], d[4]}, all = {d[2], d[3], d[4]};
  if (found != frame && found != all)
    throw spec.error("file", text(spec.path(name), ": expected a mask ", to_string(frame), " or ",
                                  to_string(all), ", got ", to_string(found)));
  if (const auto other = at::logical_and(values != 0, values != 1).sum().item<std::int64_t>())
    throw spec.error("file", text(spec.path(name), ": expected zeros and ones (black and white), ", other,
                                  " of ", values.numel(), " values are neither"));
  return found == frame ? values.view({1, 1, 1, d[3], d[4]}) : values.view({1, 1, d[2], d[3], d[4]});
}

}  // namespace

OperatorPtr mask(const SpecReader& spec, const Shape& d, const Placement& p) {
  const std::string kind = spec.choice("kind", {.doc = "pixels drawn at random, hidden boxes, or a file",
                                                .choices = {"random", "boxes", "file"},
                                                .fallback = "random"});
  const double keep = spec.number("keep", {.doc = "probability that a pixel is seen", .fallback = 0.5,
                                           .low = 0, .high = 1});
  const bool each_frame = spec.flag("each_frame", {.doc = "draw a new mask for each frame",
                                                   .fallback = true});
  const std::int64_t seed = spec.integer("seed", {.doc = "seed of the mask", .fallback = 0, .low = 0});
  const std::vector<HiddenBox> boxes = read_boxes(spec, d);
  const SpecFileName file = read_file_name(spec, "file", ".npy [H, W] or [T, H, W] of 0 and 1, or a picture; used where kind is \"file\"");
  if (kind == "boxes" && boxes.empty())
    throw spec.error("boxes", "expected at least one box where kind is \"boxes\"");
  const Tensor seen = kind == "file"    ? mask_of_file(spec, file.required(spec), d)
                      : kind == "boxes" ? box_mask(d, p, boxes)
                                        : random_mask(d, p, keep, each_frame,
                                                      Rng(std::uint64_t(seed)).fork("mask"));
  return std::make_shared<MaskOperator>(d, p, seen);
}

OperatorPtr bayer(const SpecReader& spec, const Shape& d, const Placement& p) {
  const std::string pattern = spec.choice("pattern", {.doc = "colours of rows 0 and 1, columns 0 and 1",
                                                      .choices = {"RGGB", "BGGR", "GRBG", "GBRG"},
                                                      .fallback = "RGGB"});
  return std::make_shared<MosaicOperator>(d, p, pattern);
}

OperatorPtr psf(const SpecReader& spec, const Shape& d, const Placement& p) {
  const std::string kind = spec.choice("kernel", {.doc = "linear motion, given taps, or a file",
                                                  .choices = {"motion", "taps", "file"},
                                                  .fallback = "motion"});
  const double length = spec.number("length", {.doc = "of the motion, pixels", .fallback = 9.0, .low = 0,
                                               .high = 1000});
  const double angle = spec.number("angle", {.doc = "of the motion, degrees: 0 to the right, 90 upwards",
                                             .fallback = 0.0, .low = -360, .high = 360});
  const Shape size = read_tap_counts(spec, std::vector<double>{1, 1}, 2, "taps in height and width");
  const std::vector<double> taps = spec.numbers(
      "taps", {.doc = "kernel values, width fastest; used as they are where kernel is \"taps\"",
               .fallback = std::vector<double>{1}, .least = 1, .most = 1 << 20});
  const SpecFileName file = read_file_name(spec, "file", ".npy [Kh, Kw], used as it is where kernel is \"file\"");
  const std::string border = spec.choice(
      "boundary", {.doc = "what lies beyond the frame; valid: keep what sees nothing of it (smaller)",
                   .choices = {"reflect", "replicate", "circular", "zero", "valid"},
                   .fallback = "reflect"});
  if (kind == "taps") require_tap_count(spec, size, taps);
  const Tensor kernel = kind == "motion" ? motion_kernel(length, angle)
                        : kind == "taps" ? at::tensor(taps, at::kDouble).reshape(size)
                                         : read_spec_array(spec, "file", file.required(spec));
  if (kernel.dim() != 2 || kernel.numel() < 1 || count_non_finite(kernel) > 0)
    throw spec.error("file", text(spec.path(file.name), ": expected a finite kernel [Kh, Kw], got ", describe(kernel)));
  if (border == "circular") return std::make_shared<CircularConvolution>(d, p, kernel.unsqueeze(0));
  const std::optional<Boundary> boundary = border == "valid"       ? std::nullopt
                                           : border == "reflect"   ? std::optional(Boundary::reflect)
                                           : border == "replicate" ? std::optional(Boundary::replicate)
                                                                   : std::optional(Boundary::zero);
  return std::make_shared<PsfOperator>(d, p, kernel, boundary);
}

OperatorPtr circular_convolution(const SpecReader& spec, const Shape& d, const Placement& p) {
  const Shape size = read_tap_counts(spec, {}, 3, "taps in time, height and width");
  const auto taps = spec.numbers("taps", {.doc = "kernel values, width fastest", .least = 1,
                                          .most = 1 << 20});
  require_tap_count(spec, size, taps);
  return std::make_shared<CircularConvolution>(d, p, at::tensor(taps, at::kDouble).reshape(size));
}

}  // namespace lvtino::specs
