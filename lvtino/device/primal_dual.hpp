#pragma once

#include <array>
#include <memory>

#include "lvtino/device/separable.hpp"
#include "lvtino/device/tv_steps.hpp"

namespace lvtino::device {

/// Steps of the loop below; tau sigma |K|^2 <= 1 and 0 < relaxation < 2 make it converge.
struct PrimalDualSteps {
  double tau, sigma, relaxation = 1;
};

/// How an iteration goes over the video.
enum class Sweep {
  two_passes,  ///< 16 words a voxel, in place
  one_pass,    ///< 11 words a voxel, from one set of x, state and dual field to another
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
/// takes longer than its work. Memory: u, and x, state and the dual
/// field once or, for one pass, twice.
template <class T>
class PrimalDualLoop {
 public:
  /// `u`: host memory. `data` may be null (g = 0) and must outlive the loop, as the stream must.
  PrimalDualLoop(const Stream& stream, const TvShape& shape, const TvWeights& weights, const T* u,
                 double gamma, const DataProxOnDevice<T>* data, Sweep sweep);

  /// Bytes that a loop takes, its data prox left out.
  static std::int64_t bytes(const TvShape& shape, const TvWeights& weights, Sweep sweep);

  /// phi(u).
  double variation() const;
  /// Sets out from x = state = u and q = 0 and makes the first iteration.
  void begin(const PrimalDualSteps& steps);
  /// Sets out from a dual field in host memory and x = state, the minimiser that it stands for.
  void begin_at(const PrimalDualSteps& steps, const TvFields<const T>& q);

  /// A whole iteration.
  void iterate();
  void dual_step() const;
  /// Of x and q. Spends the state, which `primal_step` makes anew.
  PrimalDualBound bound() const;
  void primal_step() const;

  /// Everything up to now is done.
  void wait() const { stream_.wait(); }
  /// Into host memory; fields that are null are left out.
  void download(T* x, const TvFields<T>& q) const;

 private:
  // x, state and a field for each axis of non-zero weight.
  struct Arrays {
    Arrays(std::int64_t count, const TvWeights& weights);
    TvIterate<T> view() const;
    Buffer<T> x, state;
    std::unique_ptr<Buffer<T>> h, v, t;
  };
  TvIterate<T> now() const { return arrays_[at_]->view(); }
  void record();
  void whole_step(const TvIterate<T>& from, const TvIterate<T>& to) const;
  void primal_half(const T* x, const T* state, double relaxation) const;
  void data_step(T* x, double gamma) const;
  double merged() const { return 1 / (1 / gamma_ + 1 / steps_.tau); }

  const Stream& stream_;
  TvShape shape_;
  TvWeights weights_;
  double gamma_;
  const DataProxOnDevice<T>* data_;
  PrimalDualSteps steps_{1, 0, 1};
  Buffer<T> u_;
  std::array<std::unique_ptr<Arrays>, 2> arrays_;  // the second for one pass
  std::size_t at_ = 0;                             // which of them is the iterate
  Buffer<double> partial_, sums_;
  std::array<std::unique_ptr<Graph>, 2> iteration_;  // from each of them
};

}  // namespace lvtino::device
