#include "solvers/lsmr.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"

namespace lvtino {
namespace {

// u <- A v - alpha u and v <- A'u - beta v, each of length one after division by the new beta, alpha.
class Bidiagonalisation {
 public:
  Bidiagonalisation(const LinearOperator& a, const Tensor& b) : a_(a), u_(b.clone()) {
    beta = normalise(u_);
    v_ = a.adjoint(u_);
    alpha = normalise(v_);
  }

  void next() {
    u_.mul_(-alpha).add_(a_.apply(v_));
    beta = normalise(u_);
    v_ = a_.adjoint_add(v_.mul_(-beta), 1, u_);
    alpha = normalise(v_);
  }

  const Tensor& v() const { return v_; }
  double alpha, beta;

 private:
  static double normalise(Tensor& x) {
    const double norm = l2_norm(x);
    if (norm > 0) x.mul_(1 / norm);
    return norm;
  }

  const LinearOperator& a_;
  Tensor u_, v_;
};

double true_residual(const LinearOperator& a, const Tensor& b, double damp, const Tensor& x) {
  return l2_norm(a.adjoint_add(x * (-damp * damp), 1, a.apply(x).neg_().add_(b)));
}

}  // namespace

SolveSummary lsmr(const LinearOperator& a, const Tensor& b, double damp, const LsmrOptions& options) {
  using Why = SolveSummary::Why;
  Bidiagonalisation chain(a, b);
  SolveSummary out{.x = at::zeros(a.domain(), a.placement().options()), .why = Why::iteration_limit};
  const double start = chain.alpha * chain.beta;  // |A'b|
  const double scale = options.reference > 0 ? options.reference : start;
  if (start == 0) {  // the solution is 0, and a relative residual would be 0/0
    out.why = Why::converged;
    return out;
  }
  Tensor h = chain.v().clone(), h_bar = at::zeros_like(h);
  double alpha_bar = chain.alpha, zeta_bar = start, rho = 1, rho_bar = 1, c_bar = 1, s_bar = 0;
  double target = options.tolerance * scale;
  int tightened = 0;
  while (out.iterations < options.max_iterations) {
    if (std::abs(zeta_bar) <= target) {
      if (true_residual(a, b, damp, out.x) <= options.tolerance * scale) break;
      if (++tightened > 3) break;
      target /= 10;
      continue;
    }
    chain.next();
    const double alpha_hat = std::hypot(alpha_bar, damp), rho_old = rho, rho_bar_old = rho_bar;
    rho = std::hypot(alpha_hat, chain.beta);
    const double c = alpha_hat / rho, s = chain.beta / rho, theta = s * chain.alpha;
    alpha_bar = c * chain.alpha;
    const double theta_bar = s_bar * rho;
    rho_bar = std::hypot(c_bar * rho, theta);
    c_bar = c_bar * rho / rho_bar, s_bar = theta / rho_bar;
    const double zeta = c_bar * zeta_bar;
    zeta_bar *= -s_bar;
    h_bar.mul_(-theta_bar * rho / (rho_old * rho_bar_old)).add_(h);
    out.x.add_(h_bar, zeta / (rho * rho_bar));
    h.mul_(-theta / rho).add_(chain.v());
    ++out.iterations;
    if (!std::isfinite(zeta_bar)) break;
  }
  out.residual = true_residual(a, b, damp, out.x) / scale;
  if (out.residual <= options.tolerance) {
    out.why = Why::converged;
  } else if (!std::isfinite(out.residual) || tightened > 3) {
    out.why = Why::breakdown;
    out.message = text("the recurrence has come to ", std::abs(zeta_bar) / scale, ", the true residual to ",
                       out.residual, " after ", out.iterations, " iterations");
  } else {
    out.message = text("relative residual ", out.residual, " after ", out.iterations,
                       " iterations; asked for ", options.tolerance);
  }
  return out;
}

double estimated_norm(const LinearOperator& a) {
  Tensor x = Rng(0).fork("power iteration").normal(a.domain(), a.placement());
  double squared = 0;
  for (int k = 0; k < 50; ++k) {
    const double norm = l2_norm(x);
    if (norm == 0) return 0;
    x = a.adjoint(a.apply(x.mul_(1 / norm)));
    const double next = l2_norm(x);
    if (next <= squared * 1.001) return std::sqrt(next);
    squared = next;
  }
  return std::sqrt(squared);
}

}  // namespace lvtino
