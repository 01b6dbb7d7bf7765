#include "lvtino/check.hpp"

#include "validation/interval_laws.hpp"
#include "validation/noise_laws.hpp"
#include "validation/operator_laws.hpp"
#include "validation/prior_laws.hpp"
#include "validation/prox_laws.hpp"

namespace lvtino {

std::vector<LawReport> check_laws(const Experiment& experiment) {
  const Plan& plan = experiment.plan;
  const Rng rng = experiment.rng().fork("check");
  std::vector<LawReport> laws = operator_laws(*plan.model->linear(), rng.fork("operator"));
  const auto add = [&](std::vector<LawReport> more) {
    laws.insert(laws.end(), more.begin(), more.end());
  };
  const auto term = plan.model->data_term(experiment.measured());
  const auto joint = plan.joint_prox(term);
  const double gamma = plan.sampler.steps.back().delta * plan.sampler.eta;
  if (const auto* data = dynamic_cast<const DataProx*>(term.get())) {
    if (experiment.video_is_truth)
      laws.push_back(noise_power(*plan.noise, data->measurement(),
                                 experiment.video.frames.to(plan.placement.dtype)));
    add(prox_laws(*data, *joint, gamma, rng.fork("prox")));
  }
  if (const auto* intervals = dynamic_cast<const IntervalTerm*>(term.get()))
    add(interval_laws(*intervals, *joint, gamma, rng.fork("prox")));
  for (const auto& prior : {plan.video, plan.image})
    if (prior) add(prior_laws(*prior, rng.fork(prior->name())));
  return laws;
}

}  // namespace lvtino
