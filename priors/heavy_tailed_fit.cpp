#include "priors/heavy_tailed_fit.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

struct Moments {
  BandKey key;
  double absolute = 0, square = 0, count = 0;  // luminance
  double chroma_square = 0, chroma_count = 0;  // opponent colours
};

void require_clips(const std::vector<Tensor>& clips) {
  if (clips.empty()) throw ShapeError("fit_heavy_tails: expected at least one clip");
  for (const Tensor& clip : clips) {
    if (clip.dim() != 5 || clip.numel() == 0)
      throw ShapeError(
          text("fit_heavy_tails: expected clips [N, C, T, H, W], got ", describe(clip)));
    if (count_non_finite(clip))
      throw NumericalError(
          text("fit_heavy_tails: a clip has pixels that are not finite: ", describe(clip)));
  }
}

double level_of(const std::vector<Tensor>& clips) {
  double sum = 0, count = 0;
  for (const Tensor& clip : clips)
    sum += mean_value(clip) * double(clip.numel()), count += double(clip.numel());
  return sum / count;
}

void add_moments(const Tensor& clip, double level, const WaveletGrid& grid,
                 std::vector<Moments>& out) {
  Tensor c = (clip.to(at::kDouble) - level).contiguous();
  const bool colours = c.size(1) == 3;
  if (colours) c = axis_product(dct_matrix(3, {at::kDouble, at::kCPU}), c, 1);
  const VideoWavelet wavelet(grid, shape_of(c));
  wavelet.analyse(c);
  for (const auto& [key, from, extent] : wavelet.boxes()) {
    const Tensor box =
        c.narrow(2, from[0], extent[0]).narrow(3, from[1], extent[1]).narrow(4, from[2], extent[2]);
    const Tensor luminance = (colours ? box.narrow(1, 0, 1) : box).contiguous();
    auto at =
        std::find_if(out.begin(), out.end(), [&, k = key](const Moments& m) { return m.key == k; });
    if (at == out.end()) at = out.insert(out.end(), Moments{.key = key});
    at->absolute += mean_value(luminance.abs()) * double(luminance.numel());
    at->square += inner_product(luminance, luminance), at->count += double(luminance.numel());
    if (!colours) continue;
    const Tensor opponents = box.narrow(1, 1, 2).contiguous();
    at->chroma_square += inner_product(opponents, opponents);
    at->chroma_count += double(opponents.numel());
  }
}

// The shape whose E|w|^2 / E w^2 is `ratio`, which grows with the shape.
double shape_of_ratio(double ratio) {
  double low = HeavyTail::kLeastShape, high = HeavyTail::kMostShape;
  const auto at = [](double b) {
    return std::exp(2 * std::lgamma(2 / b) - std::lgamma(1 / b) - std::lgamma(3 / b));
  };
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (at(middle) < ratio ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace

HeavyTailedFit fit_heavy_tails(const std::vector<Tensor>& clips, const WaveletGrid& grid) {
  require_clips(clips);
  HeavyTailedFit fit{.level = level_of(clips)};
  std::vector<Moments> moments;
  for (const Tensor& clip : clips) add_moments(clip, fit.level, grid, moments);
  double log_chroma = 0, chroma_bands = 0, ratio = 0, count = 0;
  for (const Moments& m : moments) {
    if (!(m.square > 0)) continue;  // a flat clip says nothing of this band
    const double band_ratio = m.absolute * m.absolute / (m.count * m.square);
    fit.bands.push_back(
        {m.key, std::sqrt(m.square / m.count), shape_of_ratio(band_ratio), m.count});
    if (m.key == BandKey{}) continue;
    ratio += m.count * std::sqrt(band_ratio), count += m.count;
    if (m.chroma_count > 0 && m.chroma_square > 0)
      log_chroma += 0.5 * std::log(m.chroma_square / m.chroma_count / (m.square / m.count)),
          ++chroma_bands;
  }
  if (chroma_bands > 0) fit.chroma = std::exp(log_chroma / chroma_bands);
  if (count > 0) fit.shape = shape_of_ratio(std::pow(ratio / count, 2));
  return fit;
}

}  // namespace lvtino
