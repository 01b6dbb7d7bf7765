#include "solvers/tv_passes.hpp"

namespace lvtino {
namespace {

template <class Body>
auto with_type(const Tensor& x, const Body& body) {
  return x.scalar_type() == at::kFloat ? body(float()) : body(double());
}

template <class T>
const T* data_or_null(const Tensor& x) {
  return x.defined() ? x.const_data_ptr<T>() : nullptr;
}

}  // namespace

void tv_dual_step(const TotalVariation& tv, const Tensor& x, const Tensor& previous, double theta,
                  double step, const TvDual& q) {
  with_type(x, [&](auto zero) {
    using T = decltype(zero);
    kernels::tv_dual_step<T>(tv_shape(x), tv.weights(), x.const_data_ptr<T>(),
                             previous.const_data_ptr<T>(), T(theta), T(step), tv_fields<T>(q));
  });
}

void tv_primal_dual_step(const TotalVariation& tv, Tensor& x, Tensor& state, double theta, double step,
                         double relaxation, const Tensor& u, double a, double b, double c, const TvDual& q) {
  with_type(x, [&](auto zero) {
    using T = decltype(zero);
    kernels::tv_primal_dual_step<T>(tv_shape(x), tv.weights(), x.mutable_data_ptr<T>(),
                                    state.mutable_data_ptr<T>(), T(theta), T(step), T(relaxation),
                                    u.const_data_ptr<T>(), T(a), T(b), T(c), tv_fields<T>(q));
  });
}

void tv_first_step(const TotalVariation& tv, const Tensor& u, double step, double relaxation, double a, double b,
                   double c, const TvDual& q, Tensor& x, Tensor& state) {
  with_type(u, [&](auto zero) {
    using T = decltype(zero);
    kernels::tv_first_step<T>(tv_shape(u), tv.weights(), u.const_data_ptr<T>(), T(step), T(relaxation), T(a),
                              T(b), T(c), tv_fields<T>(q), x.mutable_data_ptr<T>(), state.mutable_data_ptr<T>());
  });
}

double tv_primal_step(const TotalVariation& tv, const Tensor& x, double a, const Tensor& u, double b,
                      double c, const TvDual& q, double gamma, Tensor& out) {
  return with_type(u, [&](auto zero) {
    using T = decltype(zero);
    return kernels::tv_primal_step<T>(tv_shape(u), tv.weights(), data_or_null<T>(x), T(a),
                                      u.const_data_ptr<T>(), T(b), T(c), tv_fields<T>(q), gamma,
                                      out.mutable_data_ptr<T>());
  });
}

double tv_dual_value(const TotalVariation& tv, const Tensor& u, const TvDual& q, double gamma) {
  return with_type(u, [&](auto zero) {
    using T = decltype(zero);
    return kernels::tv_primal_step<T>(tv_shape(u), tv.weights(), nullptr, T(0), u.const_data_ptr<T>(), T(0),
                                      T(0), tv_fields<T>(q), gamma, nullptr);
  });
}

kernels::TvValue tv_value(const TotalVariation& tv, const Tensor& x, const Tensor& u) {
  return with_type(x, [&](auto zero) {
    using T = decltype(zero);
    return kernels::tv_value<T>(tv_shape(x), tv.weights(), x.const_data_ptr<T>(), data_or_null<T>(u));
  });
}

void tv_smoothed_field(const TotalVariation& tv, const Tensor& x, double mu, const TvDual& q) {
  with_type(x, [&](auto zero) {
    using T = decltype(zero);
    kernels::tv_smoothed_field<T>(tv_shape(x), tv.weights(), x.const_data_ptr<T>(), T(mu),
                                  tv_fields<T>(q));
  });
}

}  // namespace lvtino
