import { telemetryContract } from "../../contract/telemetry.ts";
import { mqttBehaviour } from "./behaviour.ts";
import { contractRig, embedded } from "./rig.ts";

telemetryContract("mqtt on aedes", () => contractRig(embedded));
mqttBehaviour("aedes", embedded);
