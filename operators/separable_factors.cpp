#include "operators/separable_factors.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"

namespace lvtino {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Axes = std::array<AxisSpectrum, 4>;

std::size_t part_count(const Axes& axes) { return axes[0].values.size(); }

// Without a turned channel axis one channel stands for all.
std::size_t channel_count(const Axes& axes) {
  return axes[0].basis.defined() ? axes[0].values[0].size() : 1;
}

std::size_t row_count(const Axes& axes) {
  return channel_count(axes) * axes[1].values[0].size() * axes[2].values[0].size();
}

// The eigenvalues of a row of samples along the width; rows in the order of memory.
void row_eigenvalues(const Axes& axes, std::size_t row, std::vector<double>& out) {
  const auto& [c, t, h, w] = axes;
  const std::size_t height = h.values[0].size(), frames = t.values[0].size();
  const std::size_t j = row % height, i = row / height % frames, k = row / height / frames;
  out.assign(w.values[0].size(), 0.0);
  for (std::size_t p = 0; p < part_count(axes); ++p) {
    const double outer = c.values[p][k] * t.values[p][i] * h.values[p][j];
    for (std::size_t l = 0; l < out.size(); ++l) out[l] += outer * w.values[p][l];
  }
}

// Of one part the extremes are products of extremes.
double extreme(const Axes& axes, bool largest) {
  if (part_count(axes) == 1) {
    double d = 1;
    for (const AxisSpectrum& axis : axes) {
      const auto [low, high] = std::minmax_element(axis.values[0].begin(), axis.values[0].end());
      d *= largest ? *high : *low;
    }
    return d;
  }
  double d = largest ? 0 : std::numeric_limits<double>::infinity();
  std::vector<double> row;
  for (std::size_t i = 0; i < row_count(axes); ++i) {
    row_eigenvalues(axes, i, row);
    for (const double value : row) d = largest ? std::max(d, value) : std::min(d, value);
  }
  return d;
}

Matrix gram_of(const AxisMap& map) {
  const Tensor dense = map.matrix();
  const Matrix m =
      Eigen::Map<const Matrix>(dense.const_data_ptr<double>(), map.rows(), map.columns());
  return m.transpose() * m;
}

bool is_same_map(const AxisMap& a, const AxisMap& b) {
  return a.columns() == b.columns() && a.offsets() == b.offsets() && a.indices() == b.indices() &&
         a.weights() == b.weights();
}

// A fixed combination with weights that no family of small matrices is likely to be special for.
Matrix generic_combination(const std::vector<Matrix>& grams) {
  Matrix sum = Matrix::Zero(grams.front().rows(), grams.front().cols());
  double weight = 1;
  for (const Matrix& gram : grams) {
    sum += weight / std::max(gram.cwiseAbs().maxCoeff(), 1e-300) * gram;
    weight *= 0.61803398874989484820;
  }
  return sum;
}

std::optional<AxisSpectrum> joint_spectrum(const std::vector<const AxisMap*>& maps) {
  std::vector<Matrix> grams;
  for (const AxisMap* map : maps) grams.push_back(gram_of(*map));
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(generic_combination(grams));
  if (solver.info() != Eigen::Success) return {};
  const Matrix basis = solver.eigenvectors();
  AxisSpectrum out;
  for (const Matrix& gram : grams) {
    Matrix turned = basis.transpose() * gram * basis;
    const Eigen::VectorXd values = turned.diagonal();
    turned.diagonal().setZero();
    if (turned.cwiseAbs().maxCoeff() > 1e-13 * double(gram.rows()) * gram.cwiseAbs().maxCoeff())
      return {};
    std::vector<double>& kept = out.values.emplace_back();
    for (const double value : values) kept.push_back(std::max(value, 0.0));
  }
  out.basis = at::empty({basis.rows(), basis.cols()}, at::kDouble);
  Eigen::Map<Matrix>(out.basis.mutable_data_ptr<double>(), basis.rows(), basis.cols()) = basis;
  return out;
}

std::vector<double> ones(std::int64_t count) {
  return std::vector<double>(std::size_t(count), 1.0);
}

}  // namespace

AxisSpectrum spectrum_of(const AxisMap& map, bool range_side) {
  if (map.is_identity()) return {Tensor(), {ones(map.columns())}};
  AxisEigen eigen = eigen_of(map, range_side);
  return {eigen.basis, {std::move(eigen.values)}};
}

std::optional<AxisSpectrum> common_spectrum(const std::vector<const AxisMap*>& maps) {
  const AxisMap* turned = nullptr;
  bool one_at_most = true;
  for (const AxisMap* map : maps) {
    if (map->is_identity()) continue;
    if (!turned) turned = map;
    one_at_most = one_at_most && is_same_map(*turned, *map);
  }
  if (!one_at_most) return joint_spectrum(maps);
  const AxisSpectrum single = spectrum_of(turned ? *turned : *maps.front(), false);
  AxisSpectrum out{single.basis, {}};
  for (const AxisMap* map : maps)
    out.values.push_back(map->is_identity() ? ones(map->columns()) : single.values[0]);
  return out;
}

SeparableFactors::SeparableFactors(Side side, Shape shape, Axes axes,
                                   std::optional<BandedGram> height,
                                   std::optional<BandedGram> width)
    : GramFactors(side, extreme(axes, false), extreme(axes, true)),
      shape_(std::move(shape)),
      axes_(std::move(axes)) {
  const auto& [c, t, h, w] = axes_;
  // What is solved along is not turned; where the other axis is not turned either, turning costs no
  // more.
  if (!w.basis.defined()) height = {};
  if (!h.basis.defined()) width = {};
  along_width_ = width && (!height || width->size >= height->size);
  band_ = along_width_ ? std::move(width) : std::move(height);
}

Tensor SeparableFactors::spectral(const std::function<double(double)>& f, const Tensor& r) const {
  require(r, shape_, placement_of(r), "spectral function of a separable operator");
  Tensor z = r.to(at::kDouble);
  for (const std::int64_t axis : {3, 2, 1, 0}) z = turn(z, axis, true);
  if (z.is_same(r)) z = r.clone();  // float64 and nothing was turned
  scale(f, z);
  for (const std::int64_t axis : {3, 2, 1, 0}) z = turn(z, axis, false);
  return z.to(r.scalar_type());
}

Tensor SeparableFactors::shifted_inverse(double shift, double scale, const Tensor& r) const {
  if (!band_) return GramFactors::shifted_inverse(shift, scale, r);
  require(r, shape_, placement_of(r), "shifted inverse of a separable operator");
  Tensor z = r.to(at::kDouble);
  for (const std::int64_t axis : {1, 0}) z = turn(z, axis, true);
  if (z.is_same(r)) z = r.clone();
  solve_planes(shift, scale, z);
  for (const std::int64_t axis : {1, 0}) z = turn(z, axis, false);
  return z.to(r.scalar_type());
}

// Plane by plane, in cache: X <- B [(shift + scale d_ct d_i G)^-1 (X'B)_i]', i counting the columns
// of the basis B of the height, for a band G along the width; else with the two axes swapped.
void SeparableFactors::solve_planes(double shift, double scale, Tensor& z) const {
  const auto& [c, t, h, w] = axes_;
  const std::int64_t height = shape_[3], width = shape_[4], frames = shape_[2];
  const Tensor& basis = along_width_ ? h.basis : w.basis;
  const std::vector<double>& values = along_width_ ? h.values[0] : w.values[0];
  const auto count = std::int64_t(values.size());
  double* const planes = z.mutable_data_ptr<double>();
  parallel_for(shape_[0] * shape_[1] * frames, 1, [&](std::int64_t begin, std::int64_t end) {
    const SingleThreaded guard;
    Tensor middle = at::empty({band_->size, count}, at::kDouble);
    std::vector<double> scales(values.size()),
        workspace(std::size_t(kernels::band_workspace(band_->view())));
    for (std::int64_t p = begin; p < end; ++p) {
      const double outer = scale * c.values[0][std::size_t(p / frames % shape_[1])] *
                           t.values[0][std::size_t(p % frames)];
      for (std::size_t i = 0; i < scales.size(); ++i) scales[i] = outer * values[i];
      Tensor plane = at::from_blob(planes + p * height * width, {height, width}, at::kDouble);
      at::mm_out(middle, along_width_ ? plane.t() : plane, basis);
      kernels::solve_shifted_band(band_->view(), shift, scales.data(), count,
                                  middle.mutable_data_ptr<double>(), count, workspace.data());
      if (along_width_)
        at::mm_out(plane, basis, middle.t());
      else
        at::mm_out(plane, middle, basis.t());
    }
  });
}

Tensor SeparableFactors::turn(const Tensor& z, std::int64_t axis, bool to_eigen) const {
  const Tensor& basis = axes_[std::size_t(axis)].basis;
  if (!basis.defined() || basis.size(0) == 1) return z;
  return axis_product(to_eigen ? basis.t().contiguous() : basis, z, axis + 1);
}

void SeparableFactors::scale(const std::function<double(double)>& f, Tensor& z) const {
  constexpr std::int64_t kGrain = 4096;  // samples
  double* const data = z.mutable_data_ptr<double>();
  const auto rows = std::int64_t(row_count(axes_)), width = shape_[4];
  const std::int64_t slice = rows * width;
  parallel_for(rows, std::max<std::int64_t>(1, kGrain / width),
               [&](std::int64_t begin, std::int64_t end) {
                 std::vector<double> gain;
                 for (std::int64_t row = begin; row < end; ++row) {
                   row_eigenvalues(axes_, std::size_t(row), gain);
                   for (double& d : gain) d = f(d);
                   for (double* at = data + row * width; at < data + z.numel(); at += slice)
                     for (std::int64_t l = 0; l < width; ++l) at[l] *= gain[std::size_t(l)];
                 }
               });
}

}  // namespace lvtino
