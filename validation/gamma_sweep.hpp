#pragma once

#include <vector>

#include "lvtino/core/rng.hpp"
#include "solvers/data_prox.hpp"
#include "solvers/joint_prox.hpp"
#include "validation/law.hpp"

namespace lvtino {

// Laws of a prox over twelve decades of its step: from where it hardly moves v to where it hardly
// knows it.

/// centre 10^k, k = -6 .. 6.
std::vector<double> twelve_decades(double centre);

/// The worst stationarity (see `data_prox_stationarity`) of `prox`, which claims to be the data
/// prox of `data`, at thirteen gammas around sigma^2 / |A|^2, where data and v weigh the same.
LawReport stationarity_sweep(const DataProx& data, const Prox& prox, const Tensor& v);
/// As gamma grows over the same, p moves away from v and towards the data: |p - v| does not fall,
/// g(p) does not rise, and |p - v| <= gamma |grad g(v)|. Relative to |v| and g(v). For exact data
/// proxes.
LawReport path_sweep(const DataProx& data, const Prox& prox, const Tensor& v);
/// The certificate (see `joint_prox_certificate`) at thirteen gammas around `centre`: the worst gap
/// for what was promised.
LawReport certificate_sweep(const JointProx& prox, const Tensor& u, double centre, const Rng& rng);

/// sigma^2 / |A|^2, |A| from the factors, or the stretch of a drawn video where there are none.
double balanced_step(const DataProx& data, const Rng& rng);

}  // namespace lvtino
