#include "lvtino/schema.hpp"

#include "lvtino/comparison.hpp"
#include "lvtino/experiment.hpp"
#include "lvtino/parts.hpp"
#include "lvtino/video_source.hpp"
#include "operators/table.hpp"
#include "priors/networks/table.hpp"
#include "priors/table.hpp"
#include "validation/metric_table.hpp"

namespace lvtino {
namespace {

// A spec in which every key of the frame is read; the tables' entries come on top.
constexpr const char* kExample = R"({
  "clips": [{"name": "clip", "source": {"type": "procedural", "frames": 2, "height": 12, "width": 12}}],
  "operator": {"type": "identity"},
  "measurement": {"type": "gaussian"},
  "noise": {"sigma": 0.001},
  "priors": {"video": {"type": "gaussian_video"}, "image": {"type": "gaussian_image"}},
  "sampler": {"steps": [{"t_video": 500, "t_image": 250, "delta": 0.1}]}
})";

Json reference(const std::string& noun) { return {{"$ref", "#/$defs/" + noun}}; }

// The schema of each entry is what its factory asks of its example.
template <class Factory, class Make>
Json one_of(const Registry<Factory>& table, const Make& make) {
  Json alternatives = Json::array();
  for (const auto& entry : table.entries()) {
    const SpecReader reader(Json::parse(entry.example));
    make(reader);
    Json schema = reader.schema();
    schema["properties"]["type"] = {{"const", entry.name}, {"description", entry.summary}};
    alternatives.push_back(std::move(schema));
  }
  return {{"oneOf", std::move(alternatives)}};
}

// Nested parts of a kind of their own refer to that kind's definition.
void refer(Json& definition, const std::string& key, const std::string& noun, bool may_be_null = false) {
  for (Json& alternative : definition["oneOf"])
    if (alternative["properties"].contains(key)) {
      Json& property = alternative["properties"][key];
      if (property.value("type", Json()) == Json("array"))
        property["items"] = reference(noun);
      else if (may_be_null)
        property = {{"oneOf", {reference(noun), {{"type", "null"}}}}};
      else
        property = reference(noun);
    }
}

Json definitions() {
  const Shape domain = {1, 3, 5, 16, 16};
  const Placement placement;
  const MeasurementContext context{
      .op = operator_table().make(SpecReader(Json{{"type", "identity"}}), domain, placement),
      .sigma = 1};
  const OperatorPtr separable = operator_table().make(
      SpecReader(Json{{"type", "temporal_average"}, {"factor", 2}}), domain, placement);
  Json defs;
  defs["operator"] = one_of(
      operator_table(), [&](const SpecReader& r) { operator_table().make(r, domain, placement); });
  refer(defs["operator"], "operators", "operator");
  defs["measurement"] = one_of(measurement_table(),
                               [&](const SpecReader& r) { measurement_table().make(r, context); });
  refer(defs["measurement"], "noise_after", "noise", true);
  defs["prior"] =
      one_of(prior_table(), [&](const SpecReader& r) { prior_table().make(r, domain, placement); });
  refer(defs["prior"], "autoencoder", "autoencoder");
  refer(defs["prior"], "schedule", "schedule");
  defs["autoencoder"] =
      one_of(autoencoder_table(), [](const SpecReader& r) { autoencoder_table().make(r); });
  defs["schedule"] =
      one_of(schedule_table(), [](const SpecReader& r) { schedule_table().make(r); });
  defs["noise"] = one_of(noise_table(), [](const SpecReader& r) { read_noise(r); });
  defs["metric"] = one_of(metrics(), [](const SpecReader& r) { metrics().make(r); });
  defs["part"] = one_of(part_table(), [](const SpecReader& r) { part_table().make(r); });
  defs["start"] = one_of(start_table(), [&](const SpecReader& r) {
    start_table().make(r, StartContext{separable, true});
  });
  refer(defs["start"], "source", "source");
  defs["source"] =
      one_of(video_sources(), [](const SpecReader& r) { video_sources().make(r, "."); });
  return defs;
}

// The steps of a sampler are listed, or a ladder.
void add_ladder(Json& sampler) {
  Json other = Json::parse(kExample);
  other["sampler"] = {{"ladder", {{"steps", 2}, {"high", 1}, {"low", 0.1}, {"delta", 0.1}}}};
  const Json ladder =
      read_experiment({other, "."}, "clip").schema["properties"]["sampler"]["properties"]["ladder"];
  sampler["properties"]["ladder"] = {{"oneOf", {ladder, {{"type", "null"}}}}};
  Json& required = sampler["required"];
  required.erase(std::remove(required.begin(), required.end(), Json("steps")), required.end());
  sampler["anyOf"] = {{{"required", {"steps"}}}, {{"required", {"ladder"}}}};
}

template <class Factory>
void print_table(std::ostream& out, const Registry<Factory>& table) {
  out << table.noun() << "\n";
  for (const auto& entry : table.entries())
    out << "  " << entry.name << ": " << entry.summary << "\n      "
        << Json::parse(entry.example).dump() << "\n";
  out << "\n";
}

}  // namespace

Json spec_schema() {
  Json schema = read_experiment({Json::parse(kExample), "."}, "clip").schema;
  Json& properties = schema["properties"];
  properties["clips"]["items"]["properties"]["source"] = reference("source");
  properties["operator"] = reference("operator");
  properties["methods"] = methods_schema();
  add_ladder(properties["sampler"]);
  properties["measurement"] = {{"oneOf", {reference("measurement"), {{"type", "null"}}}}};
  const Json none = {
      {"description", "no noise before a measurement that is not linear"},
      {"type", "object"},
      {"required", {"sigma"}},
      {"additionalProperties", false},
      {"properties", {{"type", {{"const", "gaussian"}}}, {"sigma", {{"const", 0}}}}}};
  properties["noise"] = {{"anyOf", {reference("noise"), none}}};
  for (const char* key : {"video", "image"})
    properties["priors"]["properties"][key] = {{"oneOf", {reference("prior"), {{"type", "null"}}}}};
  properties["sampler"]["properties"]["parts"]["items"] = reference("part");
  properties["start"] = reference("start");
  properties["metrics"]["items"] = reference("metric");
  schema["required"] = {"clips"};  // a preset may bring the rest
  schema["anyOf"] = {{{"required", {"operator"}}}, {{"required", {"measurement"}}}};
  Json out = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "lvtino spec"}};
  out.update(schema);
  out["$defs"] = definitions();
  return out;
}

void print_tables(std::ostream& out) {
  print_table(out, operator_table());
  print_table(out, measurement_table());
  print_table(out, noise_table());
  print_table(out, prior_table());
  print_table(out, autoencoder_table());
  print_table(out, schedule_table());
  print_table(out, start_table());
  print_table(out, part_table());
  print_table(out, metrics());
  print_table(out, video_sources());
  out << "network (--forward)\n";
  for (const nn::NetworkEntry& entry : nn::network_table())
    out << "  " << entry.architecture->name << ": " << entry.architecture->summary << "\n";
  out << "preset\n";
  for (const std::string& name : preset_names()) out << "  " << name << "\n";
}

}  // namespace lvtino
