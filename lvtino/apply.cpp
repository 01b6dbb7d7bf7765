#include "lvtino/apply.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "lvtino/core/error.hpp"
#include "lvtino/core/npy.hpp"
#include "lvtino/plan.hpp"

namespace lvtino {
namespace {

// An array of the file with its batch axis made explicit.
struct Array {
  Tensor values;  // [N, C, T, H, W]
  bool batched;
};

Array read_array(const std::string& path) {
  const Tensor stored = read_npy(path);
  if (stored.scalar_type() != at::kFloat && stored.scalar_type() != at::kDouble)
    throw IoError(text(path, ": expected float32 or float64, got ", describe(stored)));
  if ((stored.dim() != 4 && stored.dim() != 5) || stored.numel() == 0)
    throw ShapeError(text(path, ": expected [C, T, H, W] or [N, C, T, H, W], got ", describe(stored)));
  if (count_non_finite(stored) > 0) throw IoError(text(path, ": has values that are not finite"));
  return {stored.dim() == 4 ? stored.unsqueeze(0) : stored, stored.dim() == 5};
}

Shape parse_shape(const std::string& word, std::int64_t batch) {
  Shape shape = {batch};
  std::size_t begin = 0;
  while (begin <= word.size()) {
    const std::size_t end = std::min(word.find(',', begin), word.size());
    const std::string part = word.substr(begin, end - begin);
    const bool digits = !part.empty() && part.size() < 8 &&
                        part.find_first_not_of("0123456789") == std::string::npos;
    shape.push_back(digits ? std::stoll(part) : 0);
    begin = end + 1;
  }
  if (shape.size() != 5 || *std::min_element(shape.begin(), shape.end()) < 1)
    throw ShapeError(text("--shape: expected C,T,H,W (four numbers >= 1), got ", word));
  return shape;
}

bool takes_measurement(const std::string& what) { return what == "adjoint" || what == "pseudo_inverse"; }

Plan plan_for(const SpecFile& file, const Shape& domain, const Placement& placement, std::uint64_t& seed) {
  const SpecReader spec(file.document, "", file.folder);
  spec.leave({"name", "title", "preset", "dtype", "device", "clips", "baselines", "metrics", "output", "methods"});
  seed = std::uint64_t(spec.integer("seed", {.doc = "of all random numbers", .fallback = 0, .low = 0}));
  Plan plan = read_plan(spec, domain, placement);
  spec.finish();
  return plan;
}

std::shared_ptr<const DataTerm> data_term(const Plan& plan, const ApplyRequest& request) {
  if (request.measurement.empty())
    throw SpecError("", text("--apply ", request.what, " needs --measurement Y.npy"));
  const Tensor y = read_array(request.measurement).values;
  require(y, plan.model->range(), plan.placement, request.measurement);
  return plan.model->data_term(y);
}

// Pieces that belong to a linear measurement alone.
const LinearOperator& linear_part(const Plan& plan) {
  if (!plan.model->is_linear())
    throw SpecError("/measurement", "a measurement that is not linear has no adjoint");
  return *plan.op;
}

Tensor start(const Plan& plan, const Tensor& y) {
  if (plan.model->is_linear()) return pseudo_inverse(*plan.op, y, plan.start_cutoff);
  require(y, plan.model->range(), plan.placement, "--in");
  return plan.model->start(y).x;
}

Tensor sae(const std::shared_ptr<const Prior>& prior, const char* key, double t, const Tensor& x,
           std::uint64_t seed, double temperature, double frame_correlation = 0) {
  if (!prior) throw SpecError(text("/priors/", key), "the spec has no such prior");
  return stochastic_autoencode(*prior, x, t, Rng(seed).fork("apply"), temperature, frame_correlation);
}

Tensor computed(const Plan& plan, const ApplyRequest& request, const Tensor& in, std::uint64_t seed) {
  const auto gamma = [&] {
    if (!request.gamma) throw SpecError("", text("--apply ", request.what, " needs --gamma"));
    return *request.gamma;
  };
  if (request.step < 0 || std::size_t(request.step) >= plan.sampler.steps.size())
    throw SpecError("/sampler/steps", text("--step: expected 0 to ", plan.sampler.steps.size() - 1, ", got ", request.step));
  const SamplerStep& step = plan.sampler.steps[std::size_t(request.step)];
  const double temperature = step.temperature.value_or(plan.sampler.temperature);
  const std::map<std::string, std::function<Tensor()>> pieces = {
      {"forward", [&] { return plan.model->forward(in); }},
      {"adjoint", [&] { return linear_part(plan).adjoint(in); }},
      {"pseudo_inverse", [&] { return start(plan, in); }},
      {"data_prox", [&] { return plan.data_step(data_term(plan, request))->apply(in, gamma()); }},
      {"joint_prox",
       [&] { return plan.joint_prox(data_term(plan, request))->apply(in, gamma()); }},
      {"tv_prox", [&] { return plan.joint_prox(nullptr)->apply(in, gamma()); }},
      {"sae_video",
       [&] { return sae(plan.video, "video", step.t_video, in, seed, temperature); }},
      {"sae_image",
       [&] { return sae(plan.image, "image", step.t_image, in, seed, temperature,
                  plan.sampler.image_noise_correlation); }}};
  return pieces.at(request.what)();
}

}  // namespace

const std::vector<std::string>& apply_names() {
  static const std::vector<std::string> names = {"forward",  "adjoint", "pseudo_inverse", "data_prox",
                                                 "joint_prox", "tv_prox", "sae_video",     "sae_image"};
  return names;
}

void apply_piece(const SpecFile& file, const ApplyRequest& request) {
  if (request.in.empty() || request.out.empty())
    throw SpecError("", text("--apply ", request.what, " needs --in IN.npy and --out OUT.npy"));
  const Array in = read_array(request.in);
  if (takes_measurement(request.what) && !request.shape)
    throw SpecError("", text("--apply ", request.what, " needs --shape C,T,H,W: the input is a measurement"));
  const Shape domain =
      request.shape ? parse_shape(*request.shape, in.values.size(0)) : shape_of(in.values);
  std::uint64_t seed = 0;
  const Plan plan = plan_for(file, domain, placement_of(in.values), seed);
  const Tensor out = computed(plan, request, in.values, seed);
  write_npy(request.out, in.batched ? out : out.squeeze(0));
}

}  // namespace lvtino
