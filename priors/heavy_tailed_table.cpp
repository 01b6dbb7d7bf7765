#include "priors/heavy_tailed_table.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "priors/table.hpp"

namespace lvtino {
namespace {

struct Override {
  BandKey key;
  std::optional<double> deviation, shape;
};

WaveletGrid read_grid(const SpecReader& reader, bool video, const WaveletGrid& fallback) {
  WaveletGrid grid;
  grid.kind = reader.choice("wavelet", {.doc = "orthonormal wavelet of the coefficients",
                                        .choices = {"haar", "daubechies4"},
                                        .fallback = "daubechies4"}) == "haar"
                  ? WaveletKind::haar
                  : WaveletKind::daubechies4;
  grid.space_levels = int(reader.integer("space_levels", {.doc = "levels of the wavelet in a frame",
                                                          .fallback = fallback.space_levels,
                                                          .low = 1,
                                                          .high = 12}));
  if (video)
    grid.time_levels = int(reader.integer("time_levels", {.doc = "levels of the wavelet along time",
                                                          .fallback = fallback.time_levels,
                                                          .low = 1,
                                                          .high = 12}));
  return grid;
}

double read_shape(const SpecReader& reader, TailFamily family, double fallback) {
  const bool student = family == TailFamily::student;
  return reader.number(
      "shape", {.doc = "exponent of the generalised Gaussian, or Student's degrees of freedom",
                .fallback = student ? 4.0 : fallback,
                .low = student ? HeavyTail::kLeastDegrees : HeavyTail::kLeastShape,
                .high = student ? HeavyTail::kMostDegrees : HeavyTail::kMostShape});
}

std::vector<Override> read_bands(const SpecReader& reader, bool video, TailFamily family) {
  std::vector<Override> out;
  const bool student = family == TailFamily::student;
  for (const SpecReader& band :
       reader.children("bands", "bands whose law is given; the others follow from the spectrum", 0,
                       1000, Json::array())) {
    Override entry;
    if (video)
      entry.key.time = int(band.integer(
          "time",
          {.doc = "level in time, 1 the finest; 0: the approximation", .low = 0, .high = 12}));
    entry.key.space = int(band.integer(
        "space",
        {.doc = "level in space, 1 the finest; 0: the approximation", .low = 0, .high = 12}));
    entry.key.diagonal = band.flag(
        "diagonal", {.doc = "details along both axes of a frame, not one", .fallback = false});
    entry.deviation = band.number_if(
        "deviation",
        {.doc = "of the coefficients, pixel units", .low = 0, .high = 1e6, .above_low = true});
    entry.shape = band.number_if(
        "shape", {.doc = "of the tails",
                  .low = student ? HeavyTail::kLeastDegrees : HeavyTail::kLeastShape,
                  .high = student ? HeavyTail::kMostDegrees : HeavyTail::kMostShape});
    out.push_back(entry);
  }
  return out;
}

// The approximation has no tails to speak of: it is normal.
HeavyTail tail_of(const BandKey& key, TailFamily family, double shape) {
  if (key == BandKey{}) return {TailFamily::generalized_gaussian, 2};
  return {family, shape};
}

std::shared_ptr<const Prior> make(const std::string& name, bool video, const SpecReader& reader,
                                  const Shape& pixels, const Placement& placement) {
  const HeavyTailedDefaults fallback = heavy_tailed_defaults(video);
  const SpecReader coder_spec =
      reader.child("autoencoder", "pixels to latents", {{"type", "identity"}});
  const auto coder = autoencoder_table().make(coder_spec);
  if (coder->block() != 1)
    throw coder_spec.error(
        "type", text(name, " describes wavelets of pixels: expected the autoencoder identity"));
  const auto schedule = schedule_table().make(
      reader.child("schedule", "signal and noise over time",
                   {{"type", video ? "rectified_flow" : "vp_scaled_linear"}}));
  const PowerLaw spectrum =
      read_power_law(reader.child("spectrum", "variance over frequency", Json::object()),
                     video ? natural_video() : natural_image(), video);
  HeavyTailedLaw law;
  const double level =
      reader.number("mean", {.doc = "mean level of the pixels", .fallback = fallback.mean});
  law.mean = coder->latent_level(level, 1)[0];
  law.chroma =
      reader.number("chroma", {.doc = "deviation of opponent colours over that of luminance",
                               .fallback = fallback.chroma,
                               .low = 0,
                               .high = 1e3,
                               .above_low = true});
  law.random_shift =
      reader.flag("random_shift",
                  {.doc = "draw the place of the wavelets' cells at every use", .fallback = true});
  const TailFamily family =
      reader.choice("family", {.doc = "law of a coefficient",
                               .choices = {"generalized_gaussian", "student"},
                               .fallback = "generalized_gaussian"}) == "student"
          ? TailFamily::student
          : TailFamily::generalized_gaussian;
  const double shape = read_shape(reader, family, fallback.shape);
  law.grid = read_grid(reader, video, fallback.grid);
  const std::vector<Override> given = read_bands(reader, video, family);
  // Three channels share the variance of a pixel among luminance and two opponent colours.
  const double luminance =
      pixels.size() == 5 && pixels[1] == 3 ? 3 / (1 + 2 * law.chroma * law.chroma) : 1;
  for (const auto& [key, variance] :
       band_variances(law.grid, spectrum, pixels[2], pixels[3], pixels[4])) {
    HeavyTailedBand band{key, std::sqrt(luminance * variance), tail_of(key, family, shape)};
    for (const Override& entry : given)
      if (entry.key == key) {
        if (entry.deviation) band.deviation = *entry.deviation;
        if (entry.shape) band.tail = HeavyTail(family, *entry.shape);
      }
    // Zero where the length of an axis leaves the band empty.
    band.deviation = coder->scale() * std::max(band.deviation, 1e-9);
    law.bands.push_back(band);
  }
  return std::make_shared<Prior>(
      name, pixels, coder,
      std::make_shared<HeavyTailedModel>(coder->latent_shape(pixels), placement, schedule, law));
}

}  // namespace

HeavyTailedDefaults heavy_tailed_defaults(bool video) {
  if (video)
    return {
        .mean = 0.43, .shape = 0.5, .chroma = 0.15, .grid = {.time_levels = 4, .space_levels = 5}};
  return {.mean = 0.43, .shape = 0.5, .chroma = 0.15, .grid = {.space_levels = 5}};
}

std::shared_ptr<const Prior> make_heavy_tailed_video(const SpecReader& reader, const Shape& pixels,
                                                     const Placement& placement) {
  return make("heavy_tailed_video", true, reader, pixels, placement);
}

std::shared_ptr<const Prior> make_heavy_tailed_image(const SpecReader& reader, const Shape& pixels,
                                                     const Placement& placement) {
  return make("heavy_tailed_image", false, reader, pixels, placement);
}

}  // namespace lvtino
