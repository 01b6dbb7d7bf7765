#include "operators/jpeg_kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace lvtino::kernels {
namespace {

struct Cosines {
  double forward[8][8];   // [frequency][sample]
  double backward[8][8];  // [sample][frequency]
};

Cosines make_cosines() {
  constexpr double kPi = 3.14159265358979323846;
  Cosines out;
  for (int k = 0; k < 8; ++k)
    for (int j = 0; j < 8; ++j) {
      const double norm = k == 0 ? std::sqrt(0.125) : 0.5;
      out.forward[k][j] = out.backward[j][k] = norm * std::cos(kPi * (2 * j + 1) * k / 16);
    }
  return out;
}

const Cosines kCosines = make_cosines();

// out[i, :] = sum_j m[i][j] in[j, :] for rows of `width` values.
void along_columns(const double (&m)[8][8], const double* in, std::int64_t width, double* out) {
  for (int i = 0; i < 8; ++i) {
    double* to = out + i * width;
    for (std::int64_t c = 0; c < width; ++c) to[c] = m[i][0] * in[c];
    for (int j = 1; j < 8; ++j) {
      const double* from = in + j * width;
      for (std::int64_t c = 0; c < width; ++c) to[c] += m[i][j] * from[c];
    }
  }
}

// out[i] = sum_j in[j] m[j][i] of eight values.
inline void along_row(const double (&m)[8][8], const double* in, double* out) {
  double sum[8] = {};
  for (int j = 0; j < 8; ++j)
    for (int i = 0; i < 8; ++i) sum[i] += in[j] * m[j][i];
  std::copy(sum, sum + 8, out);
}

}  // namespace

std::int64_t jpeg_scratch(const JpegPlane& plane) {
  return 2 * 64 * plane.block_columns + 8 * plane.block_columns * plane.step_h;
}

template <class T>
void jpeg_analyse(const JpegPlane& p, const T* frame, std::int64_t block_row, T* coefficients,
                  double* scratch) {
  const std::int64_t samples = 8 * p.block_columns, wide = samples * p.step_h;
  double* averages = scratch;
  double* spectra = averages + 8 * samples;
  double* line = spectra + 8 * samples;
  const double weight = 1.0 / (p.step_v * p.step_h);
  for (int r = 0; r < 8; ++r) {
    std::fill(line, line + wide, 0.0);
    for (int k = 0; k < p.step_v; ++k) {
      const std::int64_t row = p.rows[(8 * block_row + r) * p.step_v + k];
      const T* at = frame + row * p.width;
      const T *red = at, *green = at + p.channel_stride, *blue = green + p.channel_stride;
      const std::int64_t inside = std::min(wide, p.width);
      for (std::int64_t c = 0; c < inside; ++c)
        line[c] += p.color[0] * double(red[c]) + p.color[1] * double(green[c]) +
                   p.color[2] * double(blue[c]);
    }
    for (std::int64_t c = p.width; c < wide; ++c) line[c] = line[p.width - 1];
    double* to = averages + r * samples;
    for (std::int64_t c = 0; c < samples; ++c) {
      double sum = 0;
      for (int k = 0; k < p.step_h; ++k) sum += line[c * p.step_h + k];
      to[c] = weight * sum;
    }
  }
  along_columns(kCosines.forward, averages, samples, spectra);
  for (std::int64_t b = 0; b < p.block_columns; ++b)
    for (int i = 0; i < 8; ++i) {
      double out[8];
      along_row(kCosines.backward, spectra + i * samples + 8 * b, out);
      for (int j = 0; j < 8; ++j) coefficients[64 * b + 8 * i + j] = T(out[j]);
    }
}

template <class T>
void jpeg_synthesise(const JpegPlane& p, const T* coefficients, std::int64_t block_row,
                     double weight, bool fold, T* frame, double* scratch) {
  const std::int64_t samples = 8 * p.block_columns, wide = samples * p.step_h;
  double* spectra = scratch;
  double* values = spectra + 8 * samples;
  double* line = values + 8 * samples;
  for (std::int64_t b = 0; b < p.block_columns; ++b)
    for (int i = 0; i < 8; ++i) {
      double in[8];
      for (int j = 0; j < 8; ++j) in[j] = double(coefficients[64 * b + 8 * i + j]);
      along_row(kCosines.forward, in, spectra + i * samples + 8 * b);
    }
  along_columns(kCosines.backward, spectra, samples, values);
  for (int r = 0; r < 8; ++r) {
    const double* from = values + r * samples;
    for (std::int64_t c = 0; c < samples; ++c)
      for (int k = 0; k < p.step_h; ++k) line[c * p.step_h + k] = weight * from[c];
    if (fold)
      for (std::int64_t c = p.width; c < wide; ++c) line[p.width - 1] += line[c];
    const std::int64_t inside = std::min(wide, p.width);
    for (int k = 0; k < p.step_v; ++k) {
      const std::int64_t nominal = (8 * block_row + r) * p.step_v + k, row = p.rows[nominal];
      if (!fold && nominal != row) continue;
      for (int channel = 0; channel < 3; ++channel) {
        const double color = p.color[channel];
        if (color == 0) continue;
        T* to = frame + channel * p.channel_stride + row * p.width;
        for (std::int64_t c = 0; c < inside; ++c) to[c] = T(double(to[c]) + color * line[c]);
      }
    }
  }
}

template void jpeg_analyse<float>(const JpegPlane&, const float*, std::int64_t, float*, double*);
template void jpeg_analyse<double>(const JpegPlane&, const double*, std::int64_t, double*, double*);
template void jpeg_synthesise<float>(const JpegPlane&, const float*, std::int64_t, double, bool,
                                     float*, double*);
template void jpeg_synthesise<double>(const JpegPlane&, const double*, std::int64_t, double, bool,
                                      double*, double*);

}  // namespace lvtino::kernels
