#pragma once

#include <rapidcheck.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "operators/table.hpp"

/// Random specs of every operator of the table on random small videos, for the laws.
namespace lvtino {

struct DrawnOperator {
  Json spec;
  Shape domain;
  std::uint64_t seed = 0;
};

inline const std::vector<std::string>& boundary_names() {
  static const std::vector<std::string> names = {"replicate", "reflect", "circular", "zero"};
  return names;
}

inline std::int64_t drawn(std::int64_t low, std::int64_t high) {
  return *rc::gen::inRange<std::int64_t>(low, high + 1);
}

/// One to `most` taps: short, long (beyond a small axis), even and odd; all positive, as a kernel
/// of a camera is, or of both signs.
inline Json drawn_taps(std::int64_t most) {
  const std::int64_t count = drawn(1, most);
  const bool both_signs = *rc::gen::arbitrary<bool>();
  Json taps = Json::array();
  for (std::int64_t k = 0; k < count; ++k)
    taps.push_back(double(drawn(both_signs ? -8 : 1, 8)) / 8);
  taps[0] = 1.0;  // not all zero
  return taps;
}

inline void draw_blur(Json& spec) {
  const std::string kernel = *rc::gen::element<std::string>("uniform", "gaussian", "taps");
  spec["kernel"] = kernel;
  if (kernel == "uniform") spec["size"] = drawn(1, 13);
  if (kernel == "gaussian") spec["sigma"] = double(drawn(1, 12)) / 4;
  if (kernel == "taps") spec["taps"] = drawn_taps(9);
}

/// A box of frames, rows and columns inside the video.
inline Json drawn_box(const Shape& domain) {
  Json box = Json::object();
  const char* const keys[][2] = {{"first_frame", "frames"}, {"top", "height"}, {"left", "width"}};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t first = drawn(0, domain[axis + 2] - 1);
    box[keys[axis][0]] = first;
    box[keys[axis][1]] = drawn(0, domain[axis + 2] - first);  // 0: to the end
  }
  return box;
}

inline void draw_psf(Json& spec, const std::string& boundary, const Shape& domain) {
  const bool valid = boundary == "valid", motion = *rc::gen::arbitrary<bool>();
  spec["boundary"] = boundary;
  // An odd kernel of `2 ceil(length / 2) + 1` taps at most must fit the frame where it is to be valid.
  const std::int64_t side = std::min(domain[3], domain[4]);
  const std::int64_t most = valid ? std::max<std::int64_t>(0, 2 * ((side - 1) / 2)) : 12;
  if (motion) {
    spec["length"] = double(drawn(0, 4 * most)) / 4;
    spec["angle"] = drawn(-180, 180);
    return;
  }
  const std::int64_t h = drawn(1, valid ? std::min<std::int64_t>(domain[3], 5) : 5);
  const std::int64_t w = drawn(1, valid ? std::min<std::int64_t>(domain[4], 5) : 5);
  Json taps = Json::array();
  for (std::int64_t k = 0; k < h * w; ++k) taps.push_back(double(drawn(-4, 8)) / 8);
  taps[0] = 1.0;
  spec["kernel"] = "taps", spec["size"] = {h, w}, spec["taps"] = taps;
}

/// A spec of `type` that fits `domain` by construction. Of a type that is not known here, the
/// example of the table.
inline Json draw_spec(const std::string& type, const std::string& boundary, const Shape& domain) {
  Json spec = {{"type", type}};
  const std::int64_t frames = domain[2], side = std::min(domain[3], domain[4]);
  if (type == "identity") return spec;
  if (type == "temporal_average") {
    const bool drop = *rc::gen::arbitrary<bool>();
    spec["factor"] = drawn(1, drop ? frames : frames + 3);
    spec["tail"] = drop ? "drop" : "replicate";
  } else if (type == "temporal_blur" || type == "spatial_blur") {
    draw_blur(spec);
    spec["boundary"] = boundary;
  } else if (type == "spatial_decimation") {
    spec["factor"] = drawn(1, std::min<std::int64_t>(side, 8));
    spec["filter"] = *rc::gen::element<std::string>("bicubic", "bilinear", "area", "lanczos");
    spec["centre"] = *rc::gen::element<std::string>("published", "block");
    spec["boundary"] = boundary;
  } else if (type == "mask") {
    spec["keep"] = double(drawn(0, 8)) / 8;
    spec["each_frame"] = *rc::gen::arbitrary<bool>();
    spec["seed"] = drawn(0, 100);
    if (*rc::gen::arbitrary<bool>()) {
      spec["kind"] = "boxes";
      spec["boxes"] = {drawn_box(domain), drawn_box(domain)};
    }
  } else if (type == "shutter") {
    const bool drop = *rc::gen::arbitrary<bool>();
    spec["exposure"] = double(drawn(1, 8)) / 8;
    spec["ratio"] = drop ? 1 + double(drawn(0, 8 * (frames - 1))) / 8 : 1 + double(drawn(0, 32)) / 7;
    spec["tail"] = drop ? "drop" : "replicate";
  } else if (type == "frame_dropping") {
    spec["factor"] = drawn(1, frames + 2);
    spec["offset"] = drawn(0, frames - 1);
  } else if (type == "crop") {
    spec.update(drawn_box(domain));
  } else if (type == "grey") {
    spec["weights"] = *rc::gen::element<std::string>("rec601", "rec709", "given");
    spec["coefficients"] = {double(drawn(-4, 8)) / 8, double(drawn(1, 8)) / 8, double(drawn(-4, 8)) / 8};
  } else if (type == "bayer") {
    spec["pattern"] = *rc::gen::element<std::string>("RGGB", "BGGR", "GRBG", "GBRG");
  } else if (type == "psf") {
    draw_psf(spec, boundary, domain);
  } else if (type == "stack") {
    Json parts = Json::array();
    for (std::int64_t count = drawn(1, 3); count > 0; --count)
      parts.push_back(draw_spec(*rc::gen::element<std::string>("temporal_average", "spatial_decimation", "mask", "psf",
                                                               "crop", "circular_convolution", "frame_dropping"),
                                boundary, domain));
    spec["operators"] = parts;
  } else if (type == "circular_convolution") {
    const std::int64_t t = drawn(1, 4), h = drawn(1, 5), w = drawn(1, 5);
    spec["size"] = {t, h, w};
    Json taps = Json::array();
    for (std::int64_t k = 0; k < t * h * w; ++k) taps.push_back(double(drawn(-4, 8)) / 8);
    taps[0] = 1.0;
    spec["taps"] = taps;
  } else if (type == "compose") {
    Json stages = Json::array();
    if (*rc::gen::arbitrary<bool>()) stages.push_back(draw_spec("mask", boundary, domain));
    stages.push_back(draw_spec("temporal_blur", boundary, domain));
    stages.push_back(draw_spec("spatial_decimation", boundary, domain));
    spec["operators"] = stages;
  } else {
    for (const auto& entry : operator_table().entries())
      if (entry.name == type) spec = parse_json(entry.example, type);
  }
  return spec;
}

/// Whether `draw_spec` has options of its own for the type; else the example decides the extents.
inline bool is_known(const std::string& type) {
  for (const char* name : {"identity", "temporal_average", "temporal_blur", "shutter", "frame_dropping", "crop",
                           "spatial_decimation", "spatial_blur", "psf", "grey", "bayer", "mask",
                           "circular_convolution", "compose", "stack"})
    if (type == name) return true;
  return false;
}

inline bool takes_colour(const std::string& type) { return type == "grey" || type == "bayer"; }

inline bool has_boundary(const std::string& type) {
  return type == "temporal_blur" || type == "spatial_blur" || type == "spatial_decimation" || type == "psf" ||
         type == "compose" || type == "stack";
}

inline std::vector<std::string> boundaries_of(const std::string& type) {
  if (!has_boundary(type)) return {"-"};
  std::vector<std::string> names = boundary_names();
  if (type == "psf") names.push_back("valid");
  return names;
}

/// Extents up to `most_side` pixels a side and `most_frames` frames, odd and even, one included.
inline DrawnOperator draw_operator(const std::string& type, const std::string& boundary,
                                   std::int64_t most_side = 24, std::int64_t most_frames = 9) {
  DrawnOperator out;
  if (is_known(type))
    out.domain = {drawn(1, 2), takes_colour(type) ? 3 : drawn(1, 3), drawn(1, most_frames), drawn(1, most_side),
                  drawn(1, most_side)};
  else
    out.domain = {drawn(1, 2), 3, 8, 16, 24};  // what examples have to fit
  out.spec = draw_spec(type, boundary, out.domain);
  out.seed = std::uint64_t(drawn(0, 1 << 20));
  return out;
}

/// Calls check(type, boundary) for every operator of the table under every rule that it knows.
template <class Check>
void each_kind_of_operator(const Check& check) {
  for (const std::string& type : operator_table().names())
    for (const std::string& boundary : boundaries_of(type)) check(type, boundary);
}

}  // namespace lvtino
