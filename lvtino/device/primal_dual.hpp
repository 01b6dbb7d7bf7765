#pragma once

#include <memory>

#include "lvtino/device/separable.hpp"
#include "lvtino/device/tv_steps.hpp"

namespace lvtino::device {

/// Steps of the loop below; tau sigma |K|^2 <= 1 and 0 < relaxation < 2 make it converge.
struct PrimalDualSteps {
  double tau, sigma, relaxation = 1;
};

/// A lower bound of P from the dual field and P at x, see solvers/joint_certificate.hpp.
struct PrimalDualBound {
  double primal, lower;
};

/// The iteration of solvers/chambolle_pock.hpp with constant steps, on the device, data prox and
/// certificates included: between upload and download nothing of a video's size crosses the bus.
///   p = proj(q + sigma K(2 x - state)),  q <- q + rho (p - q),  state <- state + rho (x - state),
///   x <- prox of g + |. - u|^2/(2 gamma) at state - tau K'q
/// An iteration that draws a certificate is cut in two: `dual_step`, `bound`, `primal_step`, with
/// rho = 1. The others are recorded once and launched as a whole, since on small videos a launch
/// takes longer than its work. Memory: u, x, state and the dual field.
template <class T>
class PrimalDualLoop {
 public:
  /// `u`: host memory. `data` may be null (g = 0) and must outlive the loop, as the stream must.
  PrimalDualLoop(const Stream& stream, const TvShape& shape, const TvWeights& weights, const T* u,
                 double gamma, const DataProxOnDevice<T>* data);

  /// Bytes that a loop takes, its data prox left out.
  static std::int64_t bytes(const TvShape& shape, const TvWeights& weights);

  /// phi(u).
  double variation() const;
  /// Sets out from x = state = u and q = 0 and makes the first iteration.
  void begin(const PrimalDualSteps& steps);
  /// Sets out from a dual field in host memory and x = state, the minimiser that it stands for.
  void begin_at(const PrimalDualSteps& steps, const TvFields<const T>& q);

  /// A whole iteration.
  void iterate() const;
  void dual_step() const;
  /// Of x and q. Spends the state, which `primal_step` makes anew.
  PrimalDualBound bound() const;
  void primal_step() const;

  /// Everything up to now is done.
  void wait() const { stream_.wait(); }
  /// Into host memory; fields that are null are left out.
  void download(T* x, const TvFields<T>& q) const;

 private:
  void record();
  void primal_half(const T* x, const T* state, double relaxation) const;
  void data_step(double gamma) const;
  TvFields<T> q() const;

  const Stream& stream_;
  TvShape shape_;
  TvWeights weights_;
  double gamma_;
  const DataProxOnDevice<T>* data_;
  PrimalDualSteps steps_{1, 0, 1};
  Buffer<T> u_, x_, state_;
  std::unique_ptr<Buffer<T>> h_, v_, t_;  // null for an axis of weight 0
  Buffer<double> partial_, sums_;
  std::unique_ptr<Graph> iteration_;
};

}  // namespace lvtino::device
