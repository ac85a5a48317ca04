// The same package by require.
import countersign = require("countersign");
import inspect = require("countersign/inspect");
import client = require("countersign/client");
import convex = require("countersign/convex");
import next = require("countersign/next");

const secret: string = countersign.generateSecret();
const ok: boolean = inspect.inspectSecret(secret).ok;
const instance: client.CountersignClient = new client.CountersignClient("https://a.convex.cloud", { secret });

export = [ok, instance, convex.countersign, convex.requireSecret, next.fetchQuery, next.fetchMutation, next.fetchAction];
