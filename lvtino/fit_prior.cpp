#include "lvtino/fit_prior.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "priors/heavy_tailed_fit.hpp"
#include "priors/heavy_tailed_table.hpp"
#include "priors/spectrum_fit.hpp"

namespace lvtino {
namespace {

double rounded(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.4g", value);
  return std::stod(digits);
}

Json prior_spec(const SpectrumFit& fit, bool video) {
  Json spectrum = {{"power", rounded(fit.law.power)},
                   {"exponent", rounded(fit.law.exponent)},
                   {"corner", rounded(fit.law.corner)}};
  if (video) {
    spectrum["speed"] = rounded(fit.law.speed);
    spectrum["decay"] = rounded(fit.law.decay);
  }
  spectrum["floor"] = rounded(fit.law.floor);
  return {{"type", video ? "gaussian_video" : "gaussian_image"},
          {"mean", rounded(fit.level)},
          {"spectrum", spectrum}};
}

Json heavy_tailed_spec(const std::vector<Tensor>& clips, const Json& spectrum, bool video) {
  const WaveletGrid grid = heavy_tailed_defaults(video).grid;
  const HeavyTailedFit fit = fit_heavy_tails(clips, grid);
  Json bands = Json::array();
  for (const BandFit& band : fit.bands) {
    Json entry = {{"space", band.key.space}, {"diagonal", band.key.diagonal},
                  {"deviation", rounded(band.deviation)}};
    if (video) entry["time"] = band.key.time;
    // The approximation holds too few coefficients to tell a shape, and stays normal.
    if (!(band.key == BandKey{})) entry["shape"] = rounded(band.shape);
    bands.push_back(entry);
  }
  Json out = {{"type", video ? "heavy_tailed_video" : "heavy_tailed_image"},
              {"mean", rounded(fit.level)},
              {"chroma", rounded(fit.chroma)},
              {"shape", rounded(fit.shape)},
              {"space_levels", grid.space_levels},
              {"spectrum", spectrum},
              {"bands", bands}};
  if (video) out["time_levels"] = grid.time_levels;
  return out;
}

}  // namespace

Json fit_prior(const std::vector<Tensor>& clips) {
  const SpectrumFit video = fit_power_law(clips, SpectrumKind::video);
  const SpectrumFit image = fit_power_law(clips, SpectrumKind::image);
  const Json video_spec = prior_spec(video, true), image_spec = prior_spec(image, false);
  return {{"video", video_spec},
          {"image", image_spec},
          {"heavy_tailed",
           {{"video", heavy_tailed_spec(clips, video_spec["spectrum"], true)},
            {"image", heavy_tailed_spec(clips, image_spec["spectrum"], false)}}},
          {"quality",
           {{"video_log_error", rounded(video.log_error)},
            {"image_log_error", rounded(image.log_error)}}}};
}

}  // namespace lvtino
