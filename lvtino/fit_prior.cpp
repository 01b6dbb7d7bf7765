#include "lvtino/fit_prior.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

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

}  // namespace

Json fit_prior(const std::vector<Tensor>& clips) {
  const SpectrumFit video = fit_power_law(clips, SpectrumKind::video);
  const SpectrumFit image = fit_power_law(clips, SpectrumKind::image);
  return {{"video", prior_spec(video, true)},
          {"image", prior_spec(image, false)},
          {"quality",
           {{"video_log_error", rounded(video.log_error)},
            {"image_log_error", rounded(image.log_error)}}}};
}

}  // namespace lvtino
