#pragma once

#include <cstdint>
#include <vector>

#include "lvtino/core/rng.hpp"

namespace lvtino {

/// ln P(K = k) of the Poisson law of mean `rate` > 0, for whole k >= 0, relative to P to about 1e-13 for
/// rates up to 1e9: by the saddle-point form of C. Loader, "Fast and accurate computation of binomial
/// probabilities" (2000), which cancels nothing.
double poisson_log_probability(double k, double rate);

/// Draws Poisson numbers by address: the number at `index` is a pure function of (seed, stream, index,
/// rate). Exact for every rate >= 0 (to the rounding of P and of 53-bit uniforms; nothing is
/// approximated by a normal law): inversion below a rate of 10, from there on the transformed rejection
/// PTRS of W. Hormann, "The transformed rejection method for generating Poisson random variables"
/// (Insurance: Mathematics and Economics 12, 1993).
class PoissonSampler {
 public:
  explicit PoissonSampler(const Rng& rng);

  /// Throws NumericalError unless 0 <= rate <= 1e12.
  double draw(double rate, std::int64_t index) const;

 private:
  double inverted(double rate, std::int64_t index) const;
  double accepted(double rate, std::int64_t index) const;

  /// Streams of one attempt of the rejection.
  struct Attempt {
    Rng u, v;
  };
  static Attempt attempt(const Rng& rng, std::int64_t k);

  Rng rng_;
  std::vector<Attempt> first_;  // addressed once; later ones are rare
};

}  // namespace lvtino
