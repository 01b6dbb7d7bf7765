#include "lvtino/device/primal_dual_on_cpu.hpp"

#include <utility>

#include "solvers/tv_passes.hpp"

namespace lvtino::device {

Tensor primal_dual_on_cpu(const TotalVariation& tv, const Tensor& u, const PrimalDualSteps& s,
                          const DataTerm* data, int iterations) {
  const double merged = 1 / (1 / s.gamma + 1 / s.tau);
  const TvDual q = TvDual::zeros(tv, u);
  Tensor x = u.clone(), other = u.clone();
  for (int k = 0; k < iterations; ++k) {
    tv_dual_step(tv, x, other, s.theta, s.sigma, q);
    tv_primal_step(tv, x, merged / s.tau, u, merged / s.gamma, merged, q, s.gamma, other);
    if (data) data->solve_in_place(other, merged);
    std::swap(x, other);
  }
  return x;
}

}  // namespace lvtino::device
