#pragma once

#include <cmath>
#include <optional>

#include "tests/dense_tv.hpp"
#include "solvers/box.hpp"
#include "solvers/data_prox.hpp"

/// The joint prox written out densely, for the tests of its methods.
namespace lvtino::dense {

/// The minimiser of P, in a box on request, by the alternating direction method on x and z = K x, dense, in float64: an
/// algorithm and a code apart from the one under test.
class BruteForce {
 public:
  BruteForce(const DataProx* data, const TotalVariation& tv, const Tensor& u, double gamma,
             std::optional<Box> box = {})
      : tv_(tv),
        k_(dense::difference_matrix(tv, shape_of(u))),
        u_(dense::vector_of(u)),
        gamma_(gamma),
        box_(box) {
    const Eigen::Index n = u_.size();
    if (box_) {  // a fourth set of rows, the identity
      k_.conservativeResize(4 * n, n);
      k_.bottomRows(n) = Matrix::Identity(n, n);
    }
    hessian_ = Matrix::Identity(n, n) / gamma;
    linear_ = u_ / gamma;
    if (!data) return;
    a_ = dense::matrix_of(*data->measurement().op);
    y_ = dense::vector_of(data->measurement().y);
    weight_ = 1 / (data->measurement().sigma * data->measurement().sigma);
    hessian_ += weight_ * a_.transpose() * a_;
    linear_ += weight_ * a_.transpose() * y_;
  }

  Vector minimiser() const {
    const double rho = 30;
    const Eigen::LLT<Matrix> system(hessian_ + rho * k_.transpose() * k_);
    Vector x = u_, z = k_ * u_, w = Vector::Zero(z.size());
    for (int iteration = 0; iteration < 60000; ++iteration) {
      x = system.solve(linear_ + rho * k_.transpose() * (z - w));
      const Vector image = k_ * x, before = z;
      z = shrunk(image + w, 1 / rho);
      w += image - z;
      if ((image - z).norm() + (z - before).norm() < 1e-13 * (1 + z.norm())) break;
    }
    return x;
  }

  double value(const Vector& x) const {
    double out = (x - u_).squaredNorm() / (2 * gamma_);
    if (a_.size()) out += weight_ * (a_ * x - y_).squaredNorm() / 2;
    const Vector d = k_ * x;
    const Eigen::Index n = u_.size();
    for (Eigen::Index i = 0; i < n; ++i) out += length(d[i], d[n + i], d[2 * n + i]);
    return out;
  }

 private:
  double length(double h, double v, double t) const {
    return tv_.weights().isotropic ? std::sqrt(h * h + v * v + t * t)
                                   : std::abs(h) + std::abs(v) + std::abs(t);
  }

  Vector shrunk(const Vector& d, double by) const {
    Vector out = d;
    const Eigen::Index n = u_.size();
    if (box_) out.tail(n) = d.tail(n).cwiseMax(box_->low).cwiseMin(box_->high);
    if (!tv_.weights().isotropic) {
      for (Eigen::Index i = 0; i < 3 * n; ++i)
        out[i] = std::copysign(std::max(0.0, std::abs(out[i]) - by), out[i]);
      return out;
    }
    for (Eigen::Index i = 0; i < n; ++i) {
      const double size = length(d[i], d[n + i], d[2 * n + i]);
      const double factor = size > by ? 1 - by / size : 0;
      out[i] *= factor, out[n + i] *= factor, out[2 * n + i] *= factor;
    }
    return out;
  }

  TotalVariation tv_;
  Matrix k_, a_, hessian_;
  Vector u_, y_, linear_;
  double gamma_, weight_ = 0;
  std::optional<Box> box_;
};

}  // namespace lvtino::dense
